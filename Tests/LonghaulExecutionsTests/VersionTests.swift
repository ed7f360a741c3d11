import LonghaulExecutions
import LonghaulStates
import LonghaulTestSupport
import Testing

/// Versions of state machines.
struct VersionTests {
    let service = Service()

    private func publish(_ arn: String, _ members: (String, StateValue)...) async throws -> StateObject {
        try await service.call("PublishStateMachineVersion", [("stateMachineArn", .string(arn))] + members)
    }

    private func versions(_ arn: String) async throws -> [String] {
        try await service.call("ListStateMachineVersions", [("stateMachineArn", .string(arn))])
            .texts("stateMachineVersions", "stateMachineVersionArn")
    }

    @Test func versionKeepsItsRevision() async throws {
        let arn = try await service.create("orders")
        service.time.advance(seconds: 1)
        let first = try await publish(arn, ("description", .string("the first")))
        #expect(first.text("stateMachineVersionArn") == arn + ":1")
        let second = try await service.publish(arn, comment: "two")
        #expect(second == arn + ":2")
        let version = try await service.describe(arn + ":1")
        #expect(version.text("stateMachineArn") == arn + ":1")
        #expect(version.text("name") == "orders")
        #expect(version.text("definition") == Service.pass)
        #expect(version.text("description") == "the first")
        #expect(version["creationDate"] == .number(.decimal(1_764_000_001)))
        #expect(version["revisionId"] == nil)
        #expect(try await service.describe(arn + ":2").text("definition").contains("two"))
        #expect(try await versions(arn) == [arn + ":2", arn + ":1"])
    }

    @Test func publicationOfTheSameRevisionIsIdempotent() async throws {
        let arn = try await service.create("orders")
        let first = try await publish(arn)
        #expect(try await publish(arn, ("description", .string("other"))) == first)
        #expect(try await publish(arn, ("revisionId", .string("INITIAL"))) == first)
        let update = try await service.call(
            "UpdateStateMachine",
            [
                ("stateMachineArn", .string(arn)), ("definition", .string(Service.pass)),
                ("publish", .bool(true)),
            ])
        #expect(update.text("stateMachineVersionArn") == arn + ":1")
        #expect(try await versions(arn) == [arn + ":1"])
    }

    @Test func publicationOfAnOldRevisionIsRefused() async throws {
        let arn = try await service.create("orders")
        let update = try await service.call(
            "UpdateStateMachine", [("stateMachineArn", .string(arn)), ("roleArn", .string("other"))])
        let current = update.text("revisionId")
        let error = await service.error(
            "PublishStateMachineVersion",
            [("stateMachineArn", .string(arn)), ("revisionId", .string("INITIAL"))])
        #expect(
            error
                == ServiceError(
                    "ConflictException",
                    "Failed to publish the State Machine version for revision INITIAL. "
                        + "The current State Machine revision is \(current)."))
        let version = try await publish(arn, ("revisionId", .string(current)))
        #expect(version.text("stateMachineVersionArn") == arn + ":1")
    }

    @Test func numbersAreNotUsedAgain() async throws {
        let arn = try await service.create("orders", [("publish", .bool(true))])
        for _ in 0..<2 {
            try await service.call(
                "DeleteStateMachineVersion", [("stateMachineVersionArn", .string(arn + ":1"))])
        }
        #expect(try await versions(arn) == [])
        let error = await service.error("DescribeStateMachine", [("stateMachineArn", .string(arn + ":1"))])
        #expect(error == ServiceError("StateMachineDoesNotExist", "State Machine Does Not Exist: '\(arn):1'"))
        #expect(try await publish(arn).text("stateMachineVersionArn") == arn + ":2")
    }

    @Test func newMachineHasNoOldVersions() async throws {
        let arn = try await service.create("orders", [("publish", .bool(true))])
        try await service.call("DeleteStateMachine", [("stateMachineArn", .string(arn))])
        try await service.create("orders")
        #expect(try await versions(arn) == [])
        #expect(
            await service.error("DescribeStateMachine", [("stateMachineArn", .string(arn + ":1"))]) != nil)
    }

    @Test func numberOfVersionsIsLimited() async throws {
        let service = Service(Service.settings { $0.versions = 2 })
        let arn = try await service.create("orders", [("publish", .bool(true))])
        try await service.publish(arn, comment: "two")
        try await service.call(
            "UpdateStateMachine", [("stateMachineArn", .string(arn)), ("roleArn", .string("other"))])
        let members = [("stateMachineArn", StateValue.string(arn))]
        #expect(
            await service.error("PublishStateMachineVersion", members)?.type
                == "ServiceQuotaExceededException")
        try await service.call("DeleteStateMachineVersion", [("stateMachineVersionArn", .string(arn + ":1"))])
        let version = try await service.call("PublishStateMachineVersion", members)
        #expect(version.text("stateMachineVersionArn") == arn + ":3")
    }

    @Test func deletionNeedsTheARNOfAVersion() async throws {
        let arn = try await service.create("orders")
        for text in [arn, arn + ":live"] {
            let error = await service.error(
                "DeleteStateMachineVersion", [("stateMachineVersionArn", .string(text))])
            #expect(error?.type == "InvalidArn")
        }
    }
}
