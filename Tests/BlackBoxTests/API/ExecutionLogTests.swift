import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// The log and the metrics of executions of state machines.
@Suite struct ExecutionLogTests {
    private func perform(_ operation: String, _ body: String, _ server: TestServer) async throws -> Answer {
        try await server.call(
            "POST", "/", body,
            headers: [
                "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AWSStepFunctions.\(operation)",
            ])
    }

    private func machine(_ name: String, type: String, _ server: TestServer) async throws -> String {
        let definition =
            #"{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Pass\", \"End\": true}}}"#
        let group =
            #"{"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:logs:us-east-1:000000000000:log-group:g:*"}}"#
        let answer = try await perform(
            "CreateStateMachine",
            #"""
            {"name": "\#(name)", "type": "\#(type)", "roleArn": "arn:aws:iam::000000000000:role/r",
             "definition": "\#(definition)",
             "loggingConfiguration": {"level": "ALL", "includeExecutionData": true, "destinations": [\#(group)]}}
            """#, server)
        return try answer.string("stateMachineArn")
    }

    @Test func executionsLogToTheirJobsAndCountInMetrics() async throws {
        let server = try await TestServer()
        _ = try await machine("m", type: "STANDARD", server)
        let ended = try await server.call(
            "POST", "/v1/state-machines/m/executions", #"{"input": {"a": 1}}"#, headers: ["Prefer": "wait=30"]
        )
        #expect(try ended.string("status") == "succeeded")
        let log = try await server.call("GET", "/v1/jobs/\(try ended.string("id"))/logs")
        let lines = try log.strings("items.*.message")
        #expect(lines.count == 4)
        #expect(
            lines[1].hasPrefix(
                #"{"id":"2","type":"PassStateEntered","details":{"name":"A","input":"{\"a\": 1}""#))
        let metrics = String(decoding: try await server.call("GET", "/metrics").body, as: UTF8.self)
        let count = #"longhaul_executions_finished_total{machine="m",type="standard",outcome="succeeded"} 1"#
        #expect(metrics.split(separator: "\n").contains(Substring(count)))
    }

    @Test func expressExecutionsLogToTheServer() async throws {
        let server = try await TestServer()
        let arn = try await machine("e", type: "EXPRESS", server)
        let answer = try await perform("StartSyncExecution", #"{"stateMachineArn": "\#(arn)"}"#, server)
        #expect(try answer.string("status") == "SUCCEEDED")
        try await eventually("the server has logged the end") {
            server.process.errorText.contains(#"{"id":"4","type":"ExecutionSucceeded""#)
        }
    }
}
