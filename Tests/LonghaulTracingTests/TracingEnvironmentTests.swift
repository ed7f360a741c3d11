import LonghaulTracing
import Testing

/// The environment variables of OpenTelemetry.
struct TracingEnvironmentTests {
    private func read(_ variables: [String: String]) -> TracingEnvironment {
        TracingEnvironment { variables[$0] }
    }

    @Test func emptyVariablesAreNotSet() {
        let names = [
            "OTEL_SDK_DISABLED", "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES",
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TIMEOUT",
            "OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_PROTOCOL",
        ]
        for settings in [read([:]), read(Dictionary(uniqueKeysWithValues: names.map { ($0, "") }))] {
            #expect(!settings.isDisabled && settings.endpoint == nil && settings.tracesEndpoint == nil)
            #expect(settings.headers.isEmpty && settings.resource.isEmpty && settings.timeoutSeconds == nil)
            #expect(settings.warnings.isEmpty)
        }
    }

    @Test func resourceAttributesArePercentDecoded() {
        let settings = read([
            "OTEL_RESOURCE_ATTRIBUTES":
                " deployment.environment.name = prod%20eu , a%2Cb=%C3%A9%3D1,empty=,x=1=2,"
        ])
        #expect(
            settings.resource == [
                "deployment.environment.name": "prod eu", "a,b": "é=1", "empty": "", "x": "1=2",
            ])
        #expect(settings.warnings.isEmpty)
    }

    @Test(arguments: ["novalue", "a=1,b", "=1", "a=%zz", "a=%4", "a=%+1", "a=%ff", "a=1,b=%"])
    func invalidResourceAttributesAreIgnoredAsAWhole(_ text: String) {
        let settings = read(["OTEL_RESOURCE_ATTRIBUTES": text, "OTEL_SERVICE_NAME": "mine"])
        #expect(settings.resource == ["service.name": "mine"])
        #expect(settings.warnings.count == 1 && settings.warnings[0].contains("OTEL_RESOURCE_ATTRIBUTES"))
    }

    @Test func serviceNameTakesPrecedence() {
        let attributes = ["OTEL_RESOURCE_ATTRIBUTES": "service.name=one,k=v"]
        #expect(read(attributes).resource == ["service.name": "one", "k": "v"])
        let both = attributes.merging(["OTEL_SERVICE_NAME": "two"]) { $1 }
        #expect(read(both).resource == ["service.name": "two", "k": "v"])
    }

    @Test func variablesOfTracesTakePrecedence() {
        let settings = read([
            "OTEL_EXPORTER_OTLP_HEADERS": "a=1,b=2", "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "api-key=a%20b",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "5000", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": "250",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://a:1", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://b:2/x",
        ])
        #expect(settings.headers == ["api-key": "a b"] && settings.timeoutSeconds == 0.25)
        #expect(settings.endpoint == "http://a:1" && settings.tracesEndpoint == "http://b:2/x")
        let general = read(["OTEL_EXPORTER_OTLP_HEADERS": "a=1", "OTEL_EXPORTER_OTLP_TIMEOUT": "5000"])
        #expect(general.headers == ["a": "1"] && general.timeoutSeconds == 5)
    }

    @Test(arguments: ["secret", "a b=secret", "k=secret%0d%0ax: y", "k=secret%00"])
    func invalidHeadersAreIgnoredAndNotLogged(_ text: String) {
        let settings = read(["OTEL_EXPORTER_OTLP_HEADERS": text])
        #expect(settings.headers.isEmpty && settings.warnings.count == 1)
        #expect(!settings.warnings[0].contains("secret"))
    }

    @Test(arguments: ["", "0", "-1", "1.5", "10s", "99999999999999999999"])
    func invalidTimeoutsAreIgnored(_ text: String) {
        let settings = read(["OTEL_EXPORTER_OTLP_TIMEOUT": text])
        #expect(settings.timeoutSeconds == nil && settings.warnings.count == (text.isEmpty ? 0 : 1))
    }

    @Test func onlyTrueDisables() {
        for text in ["true", "TRUE", "True"] { #expect(read(["OTEL_SDK_DISABLED": text]).isDisabled) }
        #expect(!read(["OTEL_SDK_DISABLED": "false"]).isDisabled)
        let other = read(["OTEL_SDK_DISABLED": "1"])
        #expect(!other.isDisabled && other.warnings.count == 1)
        #expect(read(["OTEL_TRACES_EXPORTER": "none"]).isDisabled)
        #expect(read(["OTEL_TRACES_EXPORTER": "zipkin"]).warnings.count == 1)
        #expect(read(["OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"]).warnings.count == 1)
        #expect(read(["OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"]).warnings.isEmpty)
    }
}
