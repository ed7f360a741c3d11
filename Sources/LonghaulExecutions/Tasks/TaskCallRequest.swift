import LonghaulCore
import LonghaulJSON

/// A request of a task that a server sends: to the Lambda endpoint, to an HTTP endpoint, or to an AWS service.
enum TaskCallRequest: Sendable {
    /// A function.
    case function(FunctionCall)
    /// `http:invoke` with these parameters.
    case http(JSONText)
    /// `apigateway:invoke` with these parameters.
    case gateway(JSONText)
    /// The operation of a resource, with these parameters.
    case service(arn: String, JSONText)

    var text: JSONText {
        var writer = JSONWriter()
        writer.object { writer in
            switch self {
            case .function(let call): call.write(to: &writer)
            case .http(let parameters): writer.field("http", parameters)
            case .gateway(let parameters): writer.field("gateway", parameters)
            case .service(let arn, let parameters):
                writer.field("service", arn)
                writer.field("parameters", parameters)
            }
        }
        return writer.text
    }

    init?(_ text: JSONText) {
        guard let node = try? JSONDocument(lenientlyParsing: text.bytes).root else { return nil }
        if let parameters = node["http"]?.text {
            self = .http(parameters)
        } else if let parameters = node["gateway"]?.text {
            self = .gateway(parameters)
        } else if let arn = node["service"]?.string, let parameters = node["parameters"]?.text {
            self = .service(arn: arn, parameters)
        } else if let call = FunctionCall(node) {
            self = .function(call)
        } else {
            return nil
        }
    }
}
