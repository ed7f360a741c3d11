import LonghaulExecutions
import LonghaulStates
import Testing

@testable import LonghaulServer

/// Bodies of requests, checked with the model of Step Functions.
@Suite struct InputReaderTests {
    private let arn = "arn:aws:states:us-east-1:000000000000:stateMachine:a"

    private func read(_ operation: String, _ json: String) throws(ServiceError) -> StateObject {
        try InputReader.read(operation, Array(json.utf8), .embedded)
    }

    private func error(_ operation: String, _ json: String) -> ServiceError? {
        #expect(throws: ServiceError.self, "\(operation) \(json.prefix(200))") { try read(operation, json) }
    }

    private func violation(_ operation: String, _ json: String) -> String? {
        let error = error(operation, json)
        #expect(error?.type == "ValidationException")
        return error?.message
    }

    @Test func theModelHasAllOperations() {
        let model = RequestModel.embedded
        #expect(model.target == "AWSStepFunctions" && model.signingName == "states")
        #expect(model.operations.count == 37)
        #expect(model.operation(ofTarget: "AWSStepFunctions.TestState") == "TestState")
        for target in [
            "AmazonSQS.SendMessage", "AWSStepFunctions.", "AWSStepFunctions", "AWSStepFunctions.testState",
            "AWSStepFunctions.TestState.x", "TestState", "",
        ] {
            #expect(model.operation(ofTarget: target) == nil)
        }
    }

    @Test func membersAreReadInTheFormOfTheModel() throws {
        let input = try read(
            "ListExecutions",
            #"{"maxResults": 10.0, "nextToken": null, "other": {"a": [1]}, "stateMachineArn": "a"}"#)
        #expect(input.keys.sorted() == ["maxResults", "stateMachineArn"])
        #expect(input["maxResults"] == .integer(10) && input["stateMachineArn"] == .string("a"))
        #expect(try read("ListStateMachines", "{}").isEmpty)
        // The last of equal keys wins, as on AWS.
        #expect(
            try read("DescribeActivity", #"{"activityArn": "a", "activityArn": "b"}"#)["activityArn"]
                == .string("b"))
    }

    @Test func requiredMembersAreMissed() {
        #expect(
            violation("CreateStateMachine", #"{"name": "a", "definition": null}"#)
                == "2 validation errors detected: Value null at 'definition' failed to satisfy constraint: Member must not "
                + "be null; Value null at 'roleArn' failed to satisfy constraint: Member must not be null")
        let nested = #"{"name": "a", "routingConfiguration": [{"stateMachineVersionArn": "a"}]}"#
        #expect(
            violation("CreateStateMachineAlias", nested)
                == "1 validation error detected: Value null at 'routingConfiguration.1.member.weight' failed to satisfy "
                + "constraint: Member must not be null")
        #expect(
            violation("UntagResource", #"{"resourceArn": "a", "tagKeys": ["a", null]}"#)
                == "1 validation error detected: Value null at 'tagKeys.2.member' failed to satisfy constraint: Member must "
                + "not be null")
    }

    @Test func lengthsOfTextsAreChecked() throws {
        let name = String(repeating: "n", count: 81)
        #expect(
            violation("StartExecution", #"{"stateMachineArn": "\#(arn)", "name": "\#(name)"}"#)
                == "1 validation error detected: Value '\(name)' at 'name' failed to satisfy constraint: Member must have "
                + "length less than or equal to 80")
        #expect(
            violation("StartExecution", #"{"stateMachineArn": ""}"#)
                == "1 validation error detected: Value '' at 'stateMachineArn' failed to satisfy constraint: Member must "
                + "have length greater than or equal to 1")
        // Characters count, not bytes.
        let long = String(repeating: "ü", count: 80)
        #expect(try read("StartExecution", #"{"stateMachineArn": "a", "name": "\#(long)"}"#).count == 2)
    }

    @Test func sensitiveValuesAreNotShown() {
        let input = String(repeating: "s", count: 262_145)
        #expect(
            violation("StartExecution", #"{"stateMachineArn": "a", "input": "\#(input)"}"#)
                == "1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less "
                + "than or equal to 262144")
    }

    @Test func lengthsOfListsAreChecked() {
        #expect(
            violation("CreateStateMachineAlias", #"{"name": "a", "routingConfiguration": []}"#)
                == "1 validation error detected: Value '[]' at 'routingConfiguration' failed to satisfy constraint: Member "
                + "must have length greater than or equal to 1")
        let version = #"{"stateMachineVersionArn": "a", "weight": 1}"#
        let three = #"{"name": "a", "routingConfiguration": [\#(version), \#(version), \#(version)]}"#
        #expect(violation("CreateStateMachineAlias", three)?.hasSuffix("less than or equal to 2") == true)
    }

    @Test func rangesOfNumbersAreChecked() {
        #expect(
            violation("ListStateMachines", #"{"maxResults": 1001}"#)
                == "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have "
                + "value less than or equal to 1000")
        #expect(
            violation("ListStateMachines", #"{"maxResults": -1}"#)
                == "1 validation error detected: Value '-1' at 'maxResults' failed to satisfy constraint: Member must have "
                + "value greater than or equal to 0")
        let percentage = violation(
            "UpdateMapRun", #"{"mapRunArn": "a", "toleratedFailurePercentage": 100.5}"#)
        #expect(percentage?.contains("Value '100.5' at 'toleratedFailurePercentage'") == true)
    }

    @Test func valuesOfEnumsAreChecked() {
        #expect(
            violation(
                "CreateStateMachine", #"{"name": "a", "definition": "{}", "roleArn": "a", "type": "FAST"}"#)
                == "1 validation error detected: Value 'FAST' at 'type' failed to satisfy constraint: Member must satisfy "
                + "enum value set: [STANDARD, EXPRESS]")
    }

    @Test func patternsAreChecked() throws {
        #expect(
            violation(
                "CreateStateMachineAlias",
                #"{"name": "12", "routingConfiguration": [{"stateMachineVersionArn": "a", "weight": 1}]}"#)
                == "1 validation error detected: Value '12' at 'name' failed to satisfy constraint: Member must satisfy "
                + #"regular expression pattern: ^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$"#)
        #expect(
            violation("RedriveExecution", #"{"executionArn": "a", "clientToken": "a b"}"#)?.contains("[!-~]+")
                == true)
        #expect(
            violation("StartExecution", #"{"stateMachineArn": "a", "traceHeader": "ü"}"#)?.contains("ASCII")
                == true)
        for (operation, json) in [
            ("RedriveExecution", #"{"executionArn": "a", "clientToken": "a-1~"}"#),
            (
                "StartExecution",
                #"{"stateMachineArn": "a", "traceHeader": "Root=1-5e1b4151-43a0913a12345678901234567"}"#
            ),
            ("StartExecution", #"{"stateMachineArn": "a", "traceHeader": ""}"#),
        ] {
            #expect(try read(operation, json).count == 2)
        }
    }

    @Test func allViolationsAreListedUpToTen() {
        let tags = Array(repeating: #"{"key": ""}"#, count: 30).joined(separator: ",")
        let message = violation("TagResource", #"{"resourceArn": "a", "tags": [\#(tags)]}"#) ?? ""
        #expect(message.hasPrefix("30 validation errors detected: Value '' at 'tags.1.member.key'"))
        #expect(message.contains("tags.10.member") && !message.contains("tags.11.member"))
    }

    @Test(arguments: [
        (#"{"stateMachineArn": 5}"#, "NUMBER_VALUE cannot be converted to String"),
        (#"{"stateMachineArn": 5.5}"#, "DECIMAL_VALUE cannot be converted to String"),
        (#"{"stateMachineArn": true}"#, "TRUE_VALUE cannot be converted to String"),
        (#"{"stateMachineArn": []}"#, "Start of list found where not expected"),
        (#"{"stateMachineArn": {}}"#, "Start of structure or map found where not expected"),
        (#"{"maxResults": "5"}"#, "STRING_VALUE cannot be converted to Integer"),
        (#"{"maxResults": 1.5}"#, "DECIMAL_VALUE cannot be converted to Integer"),
        (#"{"maxResults": 3000000000}"#, "NUMBER_VALUE cannot be converted to Integer"),
        ("[]", "Start of list found where not expected"), ("5", "Unexpected value type in payload"),
    ])
    func valuesOfOtherTypesAreRefused(json: String, message: String) {
        #expect(error("ListExecutions", json) == ServiceError("SerializationException", message))
    }

    @Test func otherFormsAreRefused() {
        for (operation, json) in [
            ("GetExecutionHistory", #"{"executionArn": "a", "reverseOrder": "true"}"#),
            ("TagResource", #"{"resourceArn": "a", "tags": "x"}"#),
            ("TagResource", #"{"resourceArn": "a", "tags": {}}"#),
            ("TagResource", #"{"resourceArn": "a", "tags": [[]]}"#),
            (
                "CreateStateMachine",
                #"{"name": "a", "definition": "{}", "roleArn": "a", "tracingConfiguration": "x"}"#
            ),
        ] {
            #expect(error(operation, json)?.type == "SerializationException", "\(json)")
        }
    }

    @Test func bodiesThatAreNotJSONAreRefused() {
        let deep = String(repeating: "[", count: 33) + String(repeating: "]", count: 33)
        let bodies: [[UInt8]] = [
            [], Array("{".utf8), Array("{}{}".utf8), [0x7B, 0x22, 0xC3, 0x28, 0x22, 0x3A, 0x31, 0x7D], [0],
            Array(#"{"other": \#(deep)}"#.utf8), Array(String(repeating: "[", count: 1_000_000).utf8),
        ]
        for body in bodies {
            let error = #expect(throws: ServiceError.self) {
                try InputReader.read("ListStateMachines", body, .embedded)
            }
            #expect(error?.type == "SerializationException", "\(body.prefix(20))")
        }
    }
}
