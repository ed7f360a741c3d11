import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// The Step Functions API, called with boto3 (`Tests/StepFunctions/boto3_calls.py`).
@Suite struct StepFunctionsTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The Python that has boto3.
    private func python() async throws -> String {
        let script = Self.root.appendingPathComponent("scripts/moto-venv.sh").path
        let result = try await longhaul([], within: 600, executable: script)
        guard result.code == 0 else { throw TestFailure("\(result)") }
        return result.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func call(_ suite: String, _ server: TestServer, _ variables: [String: String] = [:]) async throws
    {
        let calls = Self.root.appendingPathComponent("Tests/StepFunctions/boto3_calls.py").path
        let result = try await longhaul(
            ["-B", calls, suite, server.address], environment: variables, within: 120,
            executable: try await python())
        #expect(result.code == 0, "\(result.errors)")
    }

    /// The variables with the credentials of a key, as `longhaul keys aws` prints them.
    private func credentials(_ name: String, _ key: String, _ server: TestServer) async throws -> [String:
        String]
    {
        let result = try await longhaul(
            ["keys", "aws", "--server", server.address], environment: ["LONGHAUL_API_KEY": key])
        let line = result.output.trimmingCharacters(in: .whitespacesAndNewlines)
        guard result.code == 0, line.hasPrefix("AWS_ACCESS_KEY_ID=") else { throw TestFailure("\(result)") }
        return ["\(name)_ID": String(line.dropFirst("AWS_ACCESS_KEY_ID=".count)), "\(name)_KEY": key]
    }

    @Test func aServerWithoutKeysAcceptsAnyCredentials() async throws {
        let server = try await TestServer()
        try await call("Open", server)
        try await call("Executions", server)
        let result = try await longhaul(["keys", "aws", "--server", server.address])
        #expect(result.code != 0 && result.errors.contains("no API keys"), "\(result)")
    }

    @Test func aServerWithKeysVerifiesSignatures() async throws {
        let server = try await TestServer()
        let admin = try await server.key("admin", "admin")
        let writer = try await server.key("writer", "queues:write,jobs:read", by: admin)
        let reader = try await server.key("reader", "jobs:read", by: admin)
        let variables = try await credentials("WRITER", writer, server).merging(
            try await credentials("READER", reader, server)
        ) { first, _ in first }
        try await call("Keys", server, variables)
        let records = try await server.call("GET", "/v1/audit?caller=writer", key: admin)
        #expect(Set(try records.strings("items.*.action")) == ["activity.set", "activity.delete"])
    }

    @Test func accountAndRegionAreSettings() async throws {
        let server = try await TestServer(
            "serve", ["--aws-account", "123456789012", "--aws-region", "eu-central-1"])
        let answer = try await server.call(
            "POST", "/", #"{"name": "a"}"#,
            headers: [
                "Content-Type": "application/x-amz-json-1.0",
                "X-Amz-Target": "AWSStepFunctions.CreateActivity",
            ])
        #expect(try answer.string("activityArn") == "arn:aws:states:eu-central-1:123456789012:activity:a")
    }
}
