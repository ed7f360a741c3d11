import Foundation
import LonghaulHTTP
import LonghaulTestServers
import LonghaulTestSupport
import Testing

/// Tasks that call S3 and SQS, at a server that verifies their signatures.
@Suite struct ServiceTaskTests {
    private let aws: AWSServer

    init() throws {
        aws = try AWSServer.shared.get()
    }

    private func server(_ services: String) async throws -> TestServer {
        let environment = AWSServer.credentials.merging(
            ["AWS_ENDPOINT_URL": aws.url, "AWS_REGION": "us-east-1"]
        ) { first, _ in first }
        return try await TestServer(environment: environment, ["--aws-services", services])
    }

    /// The definition of states that run one after the other.
    private func definition(_ states: [(name: String, resource: String, arguments: String)]) -> String {
        let texts = states.enumerated().map { index, state in
            let next = index + 1 < states.count ? #""Next": "\#(states[index + 1].name)""# : #""End": true"#
            return #"""
                "\#(state.name)": {"Type": "Task", "Resource": "arn:aws:states:::\#(state.resource)",
                  "Arguments": \#(state.arguments), "Assign": {"\#(state.name)": "{% $states.result %}"}, \#(next)}
                """#
        }
        return #"""
            {"definition": {"QueryLanguage": "JSONata", "StartAt": "\#(states[0].name)",
              "States": {\#(texts.joined(separator: ","))}}}
            """#
    }

    private func run(_ server: TestServer, _ definition: String) async throws -> Answer {
        let made = try await server.call("PUT", "/v1/state-machines/calls", definition)
        #expect(made.status == 201, "\(made)")
        return try await server.call(
            "POST", "/v1/state-machines/calls/executions", "{}", headers: ["Prefer": "wait=30"])
    }

    @Test func signedCallsReachTheServices() async throws {
        let server = try await server("s3,sqs")
        let name = UUID().uuidString
        let ended = try await run(
            server,
            definition([
                (
                    "put", "aws-sdk:s3:putObject",
                    #"{"Bucket": "\#(AWSServer.bucket)", "Key": "tasks/\#(name) ä+%.json", "Body": {"n": 1}}"#
                ),
                (
                    "get", "aws-sdk:s3:getObject",
                    #"{"Bucket": "\#(AWSServer.bucket)", "Key": "tasks/\#(name) ä+%.json"}"#
                ),
                ("create", "aws-sdk:sqs:createQueue", #"{"QueueName": "\#(name)"}"#),
                (
                    "send", "sqs:sendMessage",
                    #"{"QueueUrl": "{% $create.QueueUrl %}", "MessageBody": {"body": "{% $get.Body %}"}}"#
                ),
                ("receive", "aws-sdk:sqs:receiveMessage", #"{"QueueUrl": "{% $create.QueueUrl %}"}"#),
            ]))
        #expect(try ended.string("status") == "succeeded", "\(ended)")
        #expect(try ended.string("output.Messages.0.Body") == #"{"body":"{\"n\":1}"}"#)
    }

    @Test func errorOfAServiceIsTheErrorOfTheExecution() async throws {
        let server = try await server("*")
        let ended = try await run(
            server,
            definition([
                ("get", "aws-sdk:s3:getObject", #"{"Bucket": "\#(AWSServer.bucket)", "Key": "none"}"#)
            ]))
        #expect(try ended.string("status") == "failed", "\(ended)")
        #expect(try ended.string("error") == "S3.NoSuchKeyException", "\(ended)")
    }

    @Test func serviceThatIsNotAllowedIsRefused() async throws {
        let server = try await server("sqs")
        let made = try await server.call(
            "PUT", "/v1/state-machines/calls",
            definition([("get", "aws-sdk:s3:getObject", #"{"Bucket": "b", "Key": "k"}"#)]))
        #expect(made.status == 400 || made.status == 422, "\(made)")
        let report = try await longhaul(["serve", "--aws-services", "nothing"])
        #expect(report.code == 2 && report.errors.contains("dynamodb"), "\(report)")
    }
}
