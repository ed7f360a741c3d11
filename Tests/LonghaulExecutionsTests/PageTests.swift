import LonghaulExecutions
import LonghaulStates
import LonghaulTestSupport
import Testing

/// Lists and their pages.
struct PageTests {
    let service = Service()

    /// All pages of a list.
    private func pages(
        _ operation: String, _ list: String, _ member: String, of size: Int,
        _ members: [(String, StateValue)] = []
    ) async throws -> [[String]] {
        var pages: [[String]] = []
        var token: String?
        repeat {
            var members = members + [("maxResults", .integer(size))]
            if let token { members.append(("nextToken", .string(token))) }
            let output = try await service.call(operation, members)
            pages.append(output.texts(list, member))
            token = output["nextToken"]?.string
            #expect((token?.utf8.count ?? 1) <= 1024)
        } while token != nil && pages.count < 100
        return pages
    }

    @Test func machinesAndActivitiesAreListedByName() async throws {
        for name in ["c", "a", "é", "b", "d"] {
            try await service.create(name)
            try await service.call("CreateActivity", [("name", .string(name))])
        }
        for (operation, list) in [("ListStateMachines", "stateMachines"), ("ListActivities", "activities")] {
            #expect(try await pages(operation, list, "name", of: 2) == [["a", "b"], ["c", "d"], ["é"]])
            #expect(try await pages(operation, list, "name", of: 5) == [["a", "b", "c", "d", "é"]])
            #expect(try await pages(operation, list, "name", of: 0) == [["a", "b", "c", "d", "é"]])
        }
        let first = try await service.call("ListStateMachines", [("maxResults", .integer(1))])
        let expected = StateValue.members([
            ("stateMachineArn", .string(Service.prefix + "stateMachine:a")), ("name", .string("a")),
            ("type", .string("STANDARD")), ("creationDate", .number(.decimal(1_764_000_000))),
        ])
        #expect(first["stateMachines"] == .array([expected]))
    }

    @Test func emptyListHasNoToken() async throws {
        #expect(try await service.call("ListStateMachines") == StateObject([("stateMachines", .array([]))]))
    }

    @Test func versionsAreListedNewestFirst() async throws {
        let arn = try await service.create("orders", [("publish", .bool(true))])
        for number in 2...12 { try await service.publish(arn, comment: "\(number)") }
        let found = try await pages(
            "ListStateMachineVersions", "stateMachineVersions", "stateMachineVersionArn", of: 5,
            [("stateMachineArn", .string(arn))])
        #expect(found.map(\.count) == [5, 5, 2])
        #expect(found.flatMap { $0 } == (1...12).reversed().map { "\(arn):\($0)" })
    }

    @Test func aliasesAreListedNewestFirst() async throws {
        let arn = try await service.create("orders", [("publish", .bool(true))])
        try await service.publish(arn, comment: "two")
        for (index, name) in ["b", "a", "d", "c"].enumerated() {
            let route = StateValue.members([
                ("stateMachineVersionArn", .string("\(arn):\(1 + index % 2)")), ("weight", .integer(100)),
            ])
            try await service.call(
                "CreateStateMachineAlias",
                [("name", .string(name)), ("routingConfiguration", .array([route]))])
            if index != 1 { service.time.advance(seconds: 1) }
        }
        func aliases(_ arn: String, _ size: Int) async throws -> [[String]] {
            try await pages(
                "ListStateMachineAliases", "stateMachineAliases", "stateMachineAliasArn", of: size,
                [("stateMachineArn", .string(arn))])
        }
        #expect(try await aliases(arn, 3) == [["c", "d", "a"].map { "\(arn):\($0)" }, ["\(arn):b"]])
        #expect(try await aliases(arn + ":1", 1) == [["\(arn):d"], ["\(arn):b"]])
        #expect(try await aliases(arn + ":2", 10) == [["\(arn):c", "\(arn):a"]])
        let error = await service.error(
            "ListStateMachineAliases", [("stateMachineArn", .string(arn + ":a"))])
        #expect(error?.type == "InvalidArn")
    }

    @Test func pagesGoOnWhileTheListChanges() async throws {
        for name in ["a", "c", "e", "g"] { try await service.create(name) }
        let first = try await service.call("ListStateMachines", [("maxResults", .integer(2))])
        #expect(first.texts("stateMachines", "name") == ["a", "c"])
        // The machine at which the page ended goes, one comes before it and one after it.
        try await service.call(
            "DeleteStateMachine", [("stateMachineArn", .string(Service.prefix + "stateMachine:c"))])
        try await service.create("b")
        try await service.create("d")
        let second = try await service.call(
            "ListStateMachines",
            [("maxResults", .integer(10)), ("nextToken", .string(first.text("nextToken")))])
        #expect(second.texts("stateMachines", "name") == ["d", "e", "g"])
        #expect(second["nextToken"] == nil)
    }

    @Test func invalidTokensAreRefused() async throws {
        let arn = try await service.create("orders", [("publish", .bool(true))])
        let other = try await service.create("other", [("publish", .bool(true))])
        try await service.publish(arn, comment: "two")
        try await service.publish(other, comment: "two")
        try await service.call("CreateActivity", [("name", .string("a"))])
        try await service.call("CreateActivity", [("name", .string("b"))])
        let one = ("maxResults", StateValue.integer(1))
        let machines = try await service.call("ListStateMachines", [one]).text("nextToken")
        let versions = try await service.call(
            "ListStateMachineVersions", [one, ("stateMachineArn", .string(arn))]
        ).text("nextToken")
        var flipped = machines
        flipped.removeLast()
        let tokens = [
            "x", "!", "====", String(repeating: "A", count: 100), String(repeating: "A", count: 100_000),
            flipped,
            machines + "A", machines + "=", " " + machines, "\u{0}", "é", versions,
        ]
        for token in tokens {
            let error = await service.error("ListStateMachines", [("nextToken", .string(token))])
            #expect(
                error == ServiceError("InvalidToken", "Invalid Token: 'Invalid token'"), "\(token.prefix(50))"
            )
        }
        #expect(
            await service.error("ListActivities", [("nextToken", .string(machines))])?.type == "InvalidToken")
        // The token of another machine's list.
        for operation in ["ListStateMachineVersions", "ListStateMachineAliases"] {
            let error = await service.error(
                operation, [("stateMachineArn", .string(other)), ("nextToken", .string(versions))])
            #expect(error?.type == "InvalidToken")
        }
        let again = try await service.call("ListStateMachines", [("nextToken", .string(machines))])
        #expect(again.texts("stateMachines", "name") == ["other"])
    }

    @Test func largeRecordsMakeShortPages() async throws {
        let value = String(repeating: "ä", count: 256)
        let tags = StateValue.array(
            (1...50).map {
                .members([("key", .string("\(value.prefix(100))\($0)")), ("value", .string(value))])
            })
        for number in 100..<240 {
            try await service.call("CreateActivity", [("name", .string("a\(number)")), ("tags", tags)])
        }
        let found = try await pages("ListActivities", "activities", "name", of: 1000)
        #expect(found.count > 1)
        #expect(found.flatMap { $0 } == (100..<240).map { "a\($0)" })
    }
}
