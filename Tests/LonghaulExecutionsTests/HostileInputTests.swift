import LonghaulCore
import LonghaulExecutions
import LonghaulStates
import Testing

/// Inputs that do not fit the model of the service.
struct HostileInputTests {
    static let operations = [
        "CreateStateMachine", "UpdateStateMachine", "DeleteStateMachine", "DescribeStateMachine",
        "ListStateMachines", "PublishStateMachineVersion", "DeleteStateMachineVersion",
        "ListStateMachineVersions",
        "CreateStateMachineAlias", "UpdateStateMachineAlias", "DescribeStateMachineAlias",
        "DeleteStateMachineAlias", "ListStateMachineAliases", "CreateActivity", "DeleteActivity",
        "DescribeActivity", "ListActivities", "TagResource", "UntagResource", "ListTagsForResource",
        "ValidateStateMachineDefinition", "TestState",
    ]

    private static let members = [
        "name", "definition", "roleArn", "type", "loggingConfiguration", "tracingConfiguration",
        "encryptionConfiguration", "tags", "publish", "versionDescription", "stateMachineArn",
        "stateMachineVersionArn", "stateMachineAliasArn", "routingConfiguration", "description", "revisionId",
        "activityArn", "resourceArn", "tagKeys", "maxResults", "nextToken", "severity", "input", "mock",
        "context",
        "variables", "stateConfiguration", "inspectionLevel", "stateName", "includedData",
    ]

    @Test(arguments: operations)
    func randomInputEndsWithAnAnswerOrAnErrorOfTheCaller(operation: String) async throws {
        let service = Service()
        let random = SeededRandom(seed: 7)
        let arn = try await service.create("orders", [("publish", .bool(true))])
        let texts = [
            "", "x", "{}", "[]", "null", arn, arn + ":1", arn + ":live", Service.prefix + "activity:a",
            Service.pass,
            #"{"Type": "Pass", "End": true}"#, String(repeating: "é", count: 5000), "\u{0}", "INFO",
            "STANDARD",
        ]
        for _ in 0..<300 {
            var input = StateObject()
            for member in HostileInputTests.members where random.next() % 3 != 0 {
                input[member] = value(random, texts, depth: 0)
            }
            do {
                _ = try await service.functions.perform(operation, input, by: OperationCaller())
            } catch {
                #expect(error.status == 400, "\(error): \(StateValue.object(input).json)")
            }
        }
    }

    private func value(_ random: SeededRandom, _ texts: [String], depth: Int) -> StateValue {
        switch random.next() % (depth > 2 ? 6 : 9) {
        case 0: .null
        case 1: .bool(random.next() % 2 == 0)
        case 2: .number([.integer(.min), .integer(-1), .integer(3), .integer(.max)][Int(random.next() % 4)])
        case 3:
            .number([.decimal(1e300), .decimal(0.5), .large("99999999999999999999")][Int(random.next() % 3)])
        case 4, 5: .string(texts[Int(random.next() % UInt64(texts.count))])
        case 6, 7: .array((0..<(random.next() % 3)).map { _ in value(random, texts, depth: depth + 1) })
        default:
            .members(
                [
                    "key", "value", "result", "errorOutput", "error", "level", "destinations", "enabled",
                    "weight",
                    "stateMachineVersionArn", "retrierRetryCount", "mapIterationFailureCount",
                    "mapItemReaderData",
                ].filter { _ in random.next() % 2 == 0 }.map { ($0, value(random, texts, depth: depth + 1)) })
        }
    }
}
