import LonghaulCore
import LonghaulExecutions
import LonghaulStates
import LonghaulTestSupport
import Testing

/// Concurrent changes.
struct RaceTests {
    let service = Service()

    /// Runs something before the next write, as another server does.
    private func beforeNextWrite(_ body: @escaping @Sendable () async throws -> Void) {
        let store = service.store
        store.beforeWrite.withLock { hook in
            hook = {
                store.beforeWrite.withLock { $0 = nil }
                try await body()
            }
        }
    }

    @Test func equalCreationsAtTheSameTimeReturnOneMachine() async throws {
        let outputs = try await withThrowingTaskGroup(of: StateObject.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await service.call(
                        "CreateStateMachine",
                        [
                            ("name", .string("orders")), ("definition", .string(Service.pass)),
                            ("roleArn", .string(Service.role)), ("publish", .bool(true)),
                        ])
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(outputs).count == 1)
        #expect(try await service.store.names(.machine) == ["orders"])
        #expect(try await service.store.revisionCount() == 1)
        #expect(try await service.store.names(.version).count == 1)
    }

    @Test func oneOfDifferentCreationsWins() async throws {
        let winners = await withTaskGroup(of: String?.self) { group in
            for number in 0..<20 {
                group.addTask {
                    let definition =
                        #"{"StartAt": "A\#(number)", "States": {"A\#(number)": {"Type": "Succeed"}}}"#
                    let error = await service.error(
                        "CreateStateMachine",
                        [
                            ("name", .string("orders")), ("definition", .string(definition)),
                            ("roleArn", .string(Service.role)),
                        ])
                    if let error { #expect(error.type == "StateMachineAlreadyExists") }
                    return error == nil ? definition : nil
                }
            }
            return await group.reduce(into: []) { $0 += $1.map { [$0] } ?? [] }
        }
        #expect(winners.count == 1)
        let machine = try await service.describe(Service.prefix + "stateMachine:orders")
        #expect(winners == [machine.text("definition")])
    }

    @Test func concurrentUpdatesAllApply() async throws {
        let arn = try await service.create("orders")
        let other = service.otherServer()
        let revisions = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<10 {
                group.addTask {
                    let functions = number % 2 == 0 ? service.functions : other
                    let output = try await functions.perform(
                        "UpdateStateMachine",
                        StateObject([
                            ("stateMachineArn", .string(arn)), ("roleArn", .string("role\(number)")),
                            ("publish", .bool(true)),
                        ]), by: OperationCaller())
                    return output.text("revisionId") + output.text("stateMachineVersionArn")
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(revisions).count == 10)
        #expect(try await service.store.names(.version).count == 10)
        let current = try await service.describe(arn).text("revisionId")
        #expect(revisions.contains { $0.hasPrefix(current) })
    }

    @Test func concurrentPublicationsMakeOneVersion() async throws {
        let arn = try await service.create("orders")
        let versions = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<30 {
                group.addTask {
                    try await service.call("PublishStateMachineVersion", [("stateMachineArn", .string(arn))])
                        .text("stateMachineVersionArn")
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(versions == [arn + ":1"])
    }

    @Test func updateOfADeletedMachineIsRefused() async throws {
        let arn = try await service.create("orders")
        beforeNextWrite { try await service.call("DeleteStateMachine", [("stateMachineArn", .string(arn))]) }
        let error = await service.error(
            "UpdateStateMachine", [("stateMachineArn", .string(arn)), ("roleArn", .string("other"))])
        #expect(error?.type == "StateMachineDoesNotExist")
        #expect(try await service.store.names(.machine).isEmpty)
    }

    @Test func deletionWinsOverAConcurrentUpdate() async throws {
        let arn = try await service.create("orders")
        beforeNextWrite {
            try await service.call(
                "UpdateStateMachine", [("stateMachineArn", .string(arn)), ("roleArn", .string("other"))])
        }
        try await service.call("DeleteStateMachine", [("stateMachineArn", .string(arn))])
        #expect(try await service.store.names(.machine).isEmpty)
    }

    @Test func updateGoesToTheNewMachineOfTheName() async throws {
        let arn = try await service.create("orders")
        beforeNextWrite {
            try await service.call("DeleteStateMachine", [("stateMachineArn", .string(arn))])
            try await service.create("orders", [("type", .string("EXPRESS"))])
        }
        try await service.call(
            "UpdateStateMachine", [("stateMachineArn", .string(arn)), ("roleArn", .string("other"))])
        let machine = try await service.describe(arn)
        #expect(machine.text("type") == "EXPRESS")
        #expect(machine.text("roleArn") == "other")
    }

    @Test func aliasOfAVersionThatIsBeingDeletedIsRefused() async throws {
        let arn = try await service.create("orders", [("publish", .bool(true))])
        beforeNextWrite {
            try await service.call(
                "DeleteStateMachineVersion", [("stateMachineVersionArn", .string(arn + ":1"))])
        }
        let error = await service.error("CreateStateMachineAlias", alias(arn))
        #expect(error?.type == "ResourceNotFound")
        #expect(try await service.store.names(.alias).isEmpty)
    }

    @Test func versionThatIsGettingAnAliasIsNotDeleted() async throws {
        let arn = try await service.create("orders", [("publish", .bool(true))])
        beforeNextWrite { try await service.call("CreateStateMachineAlias", alias(arn)) }
        let error = await service.error(
            "DeleteStateMachineVersion", [("stateMachineVersionArn", .string(arn + ":1"))])
        #expect(error?.type == "ConflictException")
        #expect(try await service.store.names(.version).count == 1)
    }

    private func alias(_ arn: String) -> [(String, StateValue)] {
        let route = StateValue.members([
            ("stateMachineVersionArn", .string(arn + ":1")), ("weight", .integer(100)),
        ])
        return [("name", .string("live")), ("routingConfiguration", .array([route]))]
    }

    @Test func tagsOfConcurrentCallsAreAllKept() async throws {
        let arn = try await service.create("orders")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<10 {
                group.addTask {
                    let tag = StateValue.members([("key", .string("k\(number)")), ("value", .string("v"))])
                    try await service.call(
                        "TagResource", [("resourceArn", .string(arn)), ("tags", .array([tag]))])
                }
            }
            try await group.waitForAll()
        }
        let tags = try await service.call("ListTagsForResource", [("resourceArn", .string(arn))])
        #expect(Set(tags.texts("tags", "key")).count == 10)
    }

    @Test func endlessConflictsAreReported() async throws {
        let arn = try await service.create("orders")
        let store = service.store
        let count = Shared(0)
        let isNested = Shared(false)
        store.beforeWrite.withLock { hook in
            hook = {
                // Another server changes the tags before each write.
                guard !isNested.value else { return }
                isNested.withLock { $0 = true }
                defer { isNested.withLock { $0 = false } }
                count.withLock { $0 += 1 }
                let tag = StateValue.members([("key", .string("k")), ("value", .string("\(count.value)"))])
                try await service.call(
                    "TagResource", [("resourceArn", .string(arn)), ("tags", .array([tag]))])
            }
        }
        let error = await service.error(
            "UpdateStateMachine", [("stateMachineArn", .string(arn)), ("roleArn", .string("other"))])
        #expect(error?.type == "ConflictException")
        #expect(count.value < 100)
    }
}
