import LonghaulCore
import LonghaulExecutions
import LonghaulStates
import LonghaulTestSupport
import Testing

/// Aliases of state machines.
struct AliasTests {
    let service = Service()

    /// A machine with versions 1 and 2.
    @discardableResult
    private func machine(_ service: Service, _ name: String = "orders") async throws -> String {
        let arn = try await service.create(name, [("publish", .bool(true))])
        try await service.publish(arn, comment: "two")
        return arn
    }

    private func routing(_ routes: (String, Int)...) -> (String, StateValue) {
        (
            "routingConfiguration",
            .array(
                routes.map { arn, weight in
                    .members([("stateMachineVersionArn", .string(arn)), ("weight", .integer(weight))])
                })
        )
    }

    @Test func createdAliasIsDescribed() async throws {
        let arn = try await machine(service)
        let members = [
            ("name", StateValue.string("live")), ("description", .string("for customers")),
            routing((arn + ":1", 90), (arn + ":2", 10)),
        ]
        let created = try await service.call("CreateStateMachineAlias", members)
        #expect(created.text("stateMachineAliasArn") == arn + ":live")
        service.time.advance(seconds: 5)
        #expect(try await service.call("CreateStateMachineAlias", members) == created)
        let alias = try await service.call(
            "DescribeStateMachineAlias", [("stateMachineAliasArn", .string(arn + ":live"))])
        let date = StateValue.number(.decimal(1_764_000_000))
        let expected = StateObject([
            ("stateMachineAliasArn", .string(arn + ":live")), ("name", .string("live")),
            ("description", .string("for customers")), members[2], ("creationDate", date),
            ("updateDate", date),
        ])
        #expect(alias == expected)
    }

    @Test func otherAliasOfTheNameIsRefused() async throws {
        let arn = try await machine(service)
        let name = ("name", StateValue.string("live"))
        try await service.call("CreateStateMachineAlias", [name, routing((arn + ":1", 100))])
        let error = await service.error("CreateStateMachineAlias", [name, routing((arn + ":2", 100))])
        #expect(error?.type == "ConflictException")
    }

    @Test func updateChangesRoutesOrDescription() async throws {
        let arn = try await machine(service)
        let alias = ("stateMachineAliasArn", StateValue.string(arn + ":live"))
        try await service.call(
            "CreateStateMachineAlias", [("name", .string("live")), routing((arn + ":1", 100))])
        service.time.advance(seconds: 1)
        try await service.call("UpdateStateMachineAlias", [alias, routing((arn + ":2", 100))])
        service.time.advance(seconds: 1)
        let update = try await service.call(
            "UpdateStateMachineAlias", [alias, ("description", .string("d"))])
        service.time.advance(seconds: 1)
        #expect(
            try await service.call("UpdateStateMachineAlias", [alias, ("description", .string("d"))])
                == update)
        let described = try await service.call("DescribeStateMachineAlias", [alias])
        #expect(described.text("description") == "d")
        #expect(described.texts("routingConfiguration", "stateMachineVersionArn") == [arn + ":2"])
        #expect(described["updateDate"] == .number(.decimal(1_764_000_002)))
        let error = await service.error("UpdateStateMachineAlias", [alias])
        #expect(error?.type == "ValidationException")
        #expect(error?.details["reason"] == .string("MISSING_REQUIRED_PARAMETER"))
    }

    @Test func invalidRoutesAreRefused() async throws {
        let arn = try await machine(service)
        let other = try await machine(service, "other")
        let routes = [
            routing(), routing((arn + ":1", 99)), routing((arn + ":1", 101)), routing((arn + ":1", -1)),
            routing((arn + ":1", 50), (arn + ":2", 49)), routing((arn + ":1", 50), (arn + ":1", 50)),
            routing((arn + ":1", 50), (other + ":1", 50)),
            routing((arn + ":1", 40), (arn + ":2", 40), (arn + ":2", 20)),
        ]
        for route in routes {
            let error = await service.error("CreateStateMachineAlias", [("name", .string("live")), route])
            #expect(error?.type == "ValidationException")
            #expect(error?.details["reason"] == .string("INVALID_ROUTING_CONFIGURATION"))
        }
        for text in [arn, arn + ":live", "x"] {
            let error = await service.error(
                "CreateStateMachineAlias", [("name", .string("live")), routing((text, 100))])
            #expect(error?.type == "InvalidArn")
        }
        for text in [arn + ":3", Service.prefix + "stateMachine:none:1"] {
            let error = await service.error(
                "CreateStateMachineAlias", [("name", .string("live")), routing((text, 100))])
            #expect(error?.type == "ResourceNotFound")
        }
        #expect(try await service.store.names(.alias).isEmpty)
    }

    @Test(arguments: ["", "1", "12", "a b", "a/b", "a:b", "ä", String(repeating: "a", count: 81)])
    func invalidNameIsRefused(name: String) async throws {
        let arn = try await machine(service)
        let error = await service.error(
            "CreateStateMachineAlias", [("name", .string(name)), routing((arn + ":1", 100))])
        #expect(error?.type == "ValidationException")
    }

    @Test func aliasOfAnotherMachineIsNotFound() async throws {
        let arn = try await machine(service)
        try await machine(service, "other")
        try await service.call(
            "CreateStateMachineAlias", [("name", .string("live")), routing((arn + ":1", 100))])
        for operation in ["DescribeStateMachineAlias", "UpdateStateMachineAlias", "DeleteStateMachineAlias"] {
            for machine in ["other", "none"] {
                let alias = Service.prefix + "stateMachine:\(machine):live"
                let error = await service.error(
                    operation, [("stateMachineAliasArn", .string(alias)), ("description", .string("x"))])
                #expect(error?.type == "ResourceNotFound")
            }
        }
        // An alias cannot be moved to versions of another machine.
        let error = await service.error(
            "UpdateStateMachineAlias",
            [
                ("stateMachineAliasArn", .string(arn + ":live")),
                routing((Service.prefix + "stateMachine:other:1", 100)),
            ])
        #expect(error?.type == "ValidationException")
    }

    @Test func versionWithAnAliasIsNotDeleted() async throws {
        let arn = try await machine(service)
        for name in ["b", "a"] {
            try await service.call(
                "CreateStateMachineAlias",
                [("name", .string(name)), routing((arn + ":1", 100), (arn + ":2", 0))])
        }
        let version = [("stateMachineVersionArn", StateValue.string(arn + ":2"))]
        let error = await service.error("DeleteStateMachineVersion", version)
        #expect(
            error
                == ServiceError(
                    "ConflictException",
                    "Version to be deleted must not be referenced by an alias. "
                        + "Current list of aliases referencing this version: [a, b]"))
        for name in ["a", "b"] {
            try await service.call(
                "DeleteStateMachineAlias", [("stateMachineAliasArn", .string("\(arn):\(name)"))])
        }
        try await service.call("DeleteStateMachineVersion", version)
    }

    @Test func weightsSelectVersions() async throws {
        let arn = try await machine(service)
        try await service.call(
            "CreateStateMachineAlias",
            [("name", .string("live")), routing((arn + ":1", 80), (arn + ":2", 20))])
        try await service.call(
            "CreateStateMachineAlias",
            [("name", .string("all")), routing((arn + ":1", 0), (arn + ":2", 100))])
        var counts: [String: Int] = [:]
        for _ in 0..<1000 {
            let machine = try await service.functions.startableMachine(arn + ":live")
            #expect(machine.aliasARN == arn + ":live")
            counts[machine.versionARN ?? "", default: 0] += 1
            let all = try await service.functions.startableMachine(arn + ":all")
            #expect(all.versionARN == arn + ":2")
            #expect(all.revision.definition.contains("two"))
        }
        #expect((750...850).contains(counts[arn + ":1"] ?? 0))
        #expect(counts.values.reduce(0, +) == 1000)
    }

    @Test func aliasIsDescribedAsItsMainVersion() async throws {
        let arn = try await machine(service)
        try await service.call(
            "CreateStateMachineAlias",
            [("name", .string("live")), routing((arn + ":1", 40), (arn + ":2", 60))])
        let machine = try await service.describe(arn + ":live")
        #expect(machine.text("stateMachineArn") == arn + ":live")
        #expect(machine.text("definition").contains("two"))
        #expect(
            await service.error("DescribeStateMachine", [("stateMachineArn", .string(arn + ":x"))])?.type
                == "StateMachineDoesNotExist")
    }

    @Test func numberOfAliasesIsLimited() async throws {
        let service = Service(Service.settings { $0.aliases = 2 })
        let arn = try await machine(service)
        for name in ["a", "b", "b"] {
            try await service.call(
                "CreateStateMachineAlias", [("name", .string(name)), routing((arn + ":1", 100))])
        }
        let error = await service.error(
            "CreateStateMachineAlias", [("name", .string("c")), routing((arn + ":1", 100))])
        #expect(error?.type == "ServiceQuotaExceededException")
    }
}
