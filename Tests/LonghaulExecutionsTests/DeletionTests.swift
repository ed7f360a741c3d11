import LonghaulCore
import LonghaulExecutions
import LonghaulJSON
import LonghaulStates
import LonghaulTestSupport
import Testing

/// Deletion of state machines, and what stays for their executions.
struct DeletionTests {
    let service = Service()

    private func delete(_ arn: String) async throws {
        try await service.call("DeleteStateMachine", [("stateMachineArn", .string(arn))])
    }

    /// Writes the records of executions, as the runner does.
    private func start(_ machine: StartableMachine, _ names: String...) async throws {
        try await start(machine, names)
    }

    private func start(_ machine: StartableMachine, _ names: [String]) async throws {
        let value = StateValue.members([
            ("job", .string(JobID(high: 1, low: 2).description)), ("machineID", .string(machine.record.id)),
        ]).json
        let writes = names.map { RecordWrite(RecordKey(.execution, "\(machine.record.name)/\($0)"), value) }
        _ = try await service.store.write(writes, starting: nil)
    }

    private func end(_ name: String) async throws {
        _ = try await service.store.write([RecordWrite(RecordKey(.execution, name), nil)], starting: nil)
    }

    private func remains() async throws -> [String] {
        var names: [String] = []
        for space in [RecordSpace.machine, .alias, .version, .revision] {
            names += try await service.store.names(space)
        }
        return names
    }

    /// A machine with a version and an alias.
    private func machine() async throws -> String {
        let arn = try await service.create("orders", [("publish", .bool(true))])
        let route = StateValue.members([
            ("stateMachineVersionArn", .string(arn + ":1")), ("weight", .integer(100)),
        ])
        try await service.call(
            "CreateStateMachineAlias", [("name", .string("live")), ("routingConfiguration", .array([route]))])
        return arn
    }

    @Test func deletedMachineIsGone() async throws {
        let arn = try await machine()
        for _ in 0..<2 { try await delete(arn) }
        for text in [arn, arn + ":1", arn + ":live"] {
            let error = await service.error("DescribeStateMachine", [("stateMachineArn", .string(text))])
            #expect(error?.type == "StateMachineDoesNotExist")
            await #expect(throws: ServiceError.self) { try await service.functions.startableMachine(text) }
        }
        #expect(try await service.call("ListStateMachines").texts("stateMachines", "name") == [])
    }

    @Test func deletionNeedsAMachine() async throws {
        let arn = try await machine()
        for text in [arn + ":1", arn + ":live"] {
            #expect(
                await service.error("DeleteStateMachine", [("stateMachineArn", .string(text))])?.type
                    == "InvalidArn")
        }
    }

    @Test func nothingStaysWithoutExecutions() async throws {
        let arn = try await machine()
        for number in 0..<150 {
            try await service.call(
                "UpdateStateMachine",
                [("stateMachineArn", .string(arn)), ("roleArn", .string("role\(number)"))])
        }
        try await delete(arn)
        // A request that is under way may start an execution yet.
        try await service.functions.removeDeletedMachines()
        #expect(try await service.store.names(.revision).count == 152)
        service.time.advance(seconds: 600)
        try await service.functions.removeDeletedMachines()
        #expect(try await remains() == [])
    }

    @Test func revisionsStayUntilTheExecutionsAreRemoved() async throws {
        let arn = try await machine()
        let old = try await service.functions.startableMachine(arn)
        try await start(old, "b", "d")
        try await delete(arn)
        try await service.create("orders")
        let new = try await service.functions.startableMachine(arn)
        try await start(new, "a", "c", "e")
        service.time.advance(seconds: 600)
        for name in ["orders/d", "orders/b"] {
            try await service.functions.removeDeletedMachines()
            let found = try await service.otherServer().revision(old.revision.key)
            #expect(found?.definition == Service.pass)
            try await end(name)
        }
        // The first call may check only a part.
        for _ in 0..<2 { try await service.functions.removeDeletedMachines() }
        #expect(try await service.otherServer().revision(old.revision.key) == nil)
        let id = new.record.id
        #expect(try await remains() == ["orders", id, id + "/INITIAL"])
    }

    @Test func manyExecutionsAreCheckedInParts() async throws {
        let arn = try await machine()
        let old = try await service.functions.startableMachine(arn)
        try await start(old, "9999")
        try await delete(arn)
        try await service.create("orders")
        let new = try await service.functions.startableMachine(arn)
        try await start(new, (1000..<3500).map { "\($0)" })
        service.time.advance(seconds: 600)
        for _ in 0..<5 { try await service.functions.removeDeletedMachines() }
        #expect(try await service.otherServer().revision(old.revision.key) != nil)
        try await end("orders/9999")
        for _ in 0..<5 { try await service.functions.removeDeletedMachines() }
        #expect(try await service.otherServer().revision(old.revision.key) == nil)
    }

    @Test func definitionsAreCachedUpToASize() async throws {
        let service = Service(Service.settings { $0.cachedDefinitionBytes = 200 })
        var arns: [String] = []
        for number in 0..<10 { arns.append(try await service.create("m\(number)")) }
        for arn in arns + arns {
            let machine = try await service.functions.startableMachine(arn)
            #expect(machine.revision.definition == Service.pass)
            #expect(machine.revision.machine.states.count == 1)
        }
        let first = try await service.functions.startableMachine(arns[9]).revision
        #expect(try await service.functions.startableMachine(arns[9]).revision === first)
    }

    /// Two servers that do the same work do not undo each other's.
    @Test func serversRemoveTheSameMachineTogether() async throws {
        let arn = try await machine()
        let old = try await service.functions.startableMachine(arn)
        try await delete(arn)
        try await service.create("orders")
        try await start(try await service.functions.startableMachine(arn), (1000..<3500).map { "\($0)" })
        service.time.advance(seconds: 600)
        let other = service.otherServer()
        for _ in 0..<6 {
            async let first = service.functions.removeDeletedMachines()
            async let second = other.removeDeletedMachines()
            _ = try await (first, second)
        }
        #expect(try await other.revision(old.revision.key) == nil)
        #expect(try await service.store.names(.revision).allSatisfy { !$0.hasPrefix("deleted/") })
        #expect(try await service.functions.removeDeletedMachines() == false)
    }

    /// The marker is gone after the first server has removed all. The second one has read it before.
    @Test func lateServerDoesNotRestoreAMarker() async throws {
        let arn = try await machine()
        try await delete(arn)
        try await service.create("orders")
        try await start(try await service.functions.startableMachine(arn), "a")
        service.time.advance(seconds: 600)
        let other = service.otherServer()
        let store = service.store
        store.beforeWrite.withLock { hook in
            hook = {
                store.beforeWrite.withLock { $0 = nil }
                while try await other.removeDeletedMachines() {}
            }
        }
        try await service.functions.removeDeletedMachines()
        #expect(try await service.store.names(.revision).allSatisfy { !$0.hasPrefix("deleted/") })
    }

    @Test func serverRemovesDeletedMachinesWhileItRuns() async throws {
        let arn = try await machine()
        try await delete(arn)
        let cleaner = DeletedMachineCleaner(service.functions)
        cleaner.start()
        try await eventually("the revisions are gone") {
            service.time.advance(seconds: 60)
            return try await remains().isEmpty
        }
        await cleaner.stop()
    }
}
