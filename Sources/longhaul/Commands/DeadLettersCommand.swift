import LonghaulClient
import LonghaulCore
import LonghaulJSON

extension Commands {
    static let deadLetters = Command(
        name: "dead-letters",
        summary: "Lists, redrives or discards dead letters: jobs whose retries are used up.",
        arguments: [
            Argument(
                name: "ACTION", help: "list (default), groups, redrive or discard.", isRequired: false),
            Argument(
                name: "ID", help: "A job to redrive or discard; may be several.", isRequired: false,
                isRepeatable: true),
        ],
        options: [
            Options.queueFilter, Options.kindFilter, Options.actorFilter, Options.tagFilter,
            Options.fingerprint, Options.errorType, Options.limit, Options.all, Options.json,
        ] + Options.client,
        notes: [
            "redrive and discard apply to the jobs with the given IDs, or to those that match the filters. "
                + "--all without a filter selects every dead letter; --limit N selects the N newest."
        ]
    ) { invocation in
        switch invocation.argument(0) {
        case "", "list": try await listDeadLetters(invocation)
        case "groups": try await showGroups(invocation)
        case let name:
            guard let action = DeadLetterAction(rawValue: name) else {
                throw UsageError(
                    "ACTION: expected list, groups, redrive or discard, got \"\(name)\"",
                    command: invocation.command.name)
            }
            try await apply(action, invocation)
        }
        return .done
    }

    private static func filter(_ invocation: Invocation) throws -> JobFilter {
        var filter = JobFilter()
        filter.queue = try invocation.value(Options.queueFilter)
        filter.setKinds(try invocation.value(Options.kindFilter))
        filter.actor = try invocation.value(Options.actorFilter)
        filter.tags = try invocation.labels(Options.tagFilter)
        filter.fingerprint = try invocation.value(Options.fingerprint)
        filter.errorType = try invocation.value(Options.errorType)
        return filter
    }

    private static func listDeadLetters(_ invocation: Invocation) async throws {
        try expectNoIDs(invocation)
        var filter = try filter(invocation)
        filter.states = [.failed]
        let limit = try invocation.value(Options.all) ? Int.max : invocation.value(Options.limit) ?? 50
        var listing = JobListing(filter: filter, left: limit)
        if try invocation.value(Options.json) {
            try await invocation.withClient { try await listing.printJSON($0) }
        } else {
            try await invocation.withClient { try await listing.printTable($0) }
        }
    }

    private static func expectNoIDs(_ invocation: Invocation) throws {
        guard invocation.arguments.count > 1 else { return }
        throw UsageError(
            "\(invocation.argument(0)) takes no ID", command: invocation.command.name)
    }

    // MARK: Groups

    private static func showGroups(_ invocation: Invocation) async throws {
        try expectNoIDs(invocation)
        let jobs = try filter(invocation)
        guard jobs.actor == nil, jobs.tags.isEmpty else {
            throw UsageError(
                "groups takes no --actor and no --tag; use list to filter by them",
                command: invocation.command.name)
        }
        guard jobs.kindPrefix == nil else {
            throw UsageError("--kind: groups takes a whole kind", command: invocation.command.name)
        }
        var filter = DeadLetterGroupFilter()
        filter.queue = jobs.queue
        filter.kind = jobs.kind
        filter.fingerprint = jobs.fingerprint
        filter.errorType = jobs.errorType
        let limit = try invocation.value(Options.all) ? Int.max : invocation.value(Options.limit) ?? 50
        let groups = try await invocation.withClient { try await allGroups(filter, limit, $0) }
        if try invocation.value(Options.json) {
            return try Console.print(jsonItems: { writer in
                for group in groups { writer.element(group) }
            })
        }
        var table = Table([
            .init(title: "COUNT", isNumber: true), .init(title: "KIND"), .init(title: "QUEUE"),
            .init(title: "LAST", isNumber: true), .init(title: "FINGERPRINT"), .init(title: "EXAMPLE"),
            .init(title: "ERROR"),
        ])
        let now = SystemTime().now()
        try Console.print(table.lines(groups.map { row($0, at: now) }).joined(separator: "\n"))
    }

    private static func allGroups(
        _ filter: DeadLetterGroupFilter, _ limit: Int, _ client: LonghaulClient
    ) async throws -> [DeadLetterGroup] {
        var groups: [DeadLetterGroup] = []
        var cursor: DeadLetterGroupCursor?
        repeat {
            let page = try await client.deadLetterGroups(
                filter, after: cursor, limit: min(500, limit - groups.count))
            groups += page.groups
            cursor = page.next
        } while cursor != nil && groups.count < limit
        return groups
    }

    private static func row(_ group: DeadLetterGroup, at now: Timestamp) -> [Table.Cell] {
        [
            .init("\(group.count)"), .init(group.kind), .init(group.queue),
            .init(Format.age(group.lastSeenAt, at: now)), .init(group.fingerprint),
            .init(group.example?.jobID.description ?? "-"),
            .init(group.example.map { Format.error($0.error) } ?? group.errorType),
        ]
    }

    // MARK: Redriving and discarding

    private static func apply(_ action: DeadLetterAction, _ invocation: Invocation) async throws {
        let selection = try selection(invocation)
        let count = try await invocation.withClient {
            try await $0.resolveDeadLetters(selection, by: action)
        }
        if try invocation.value(Options.json) {
            try Console.print(json: DeadLetterCount(count: count))
        } else {
            try Console.print("\(count) \(action == .redrive ? "redriven" : "discarded")")
        }
    }

    private static func selection(_ invocation: Invocation) throws -> JobSelection {
        let filter = try filter(invocation)
        let limit = try invocation.value(Options.limit)
        let all = try invocation.value(Options.all)
        let ids = try invocation.arguments.indices.dropFirst().map { try invocation.read($0, as: .jobID) }
        func fault(_ message: String) -> UsageError {
            UsageError(message, command: invocation.command.name)
        }
        if !ids.isEmpty {
            guard filter == JobFilter(), limit == nil, !all else {
                throw fault("give IDs, or filters, not both")
            }
            return .ids(ids)
        }
        if all, limit != nil { throw fault("--all and --limit exclude each other") }
        guard all || filter != JobFilter() || limit != nil else {
            throw fault("give IDs or filters, or --all for every dead letter")
        }
        return .filter(filter, limit: limit)
    }
}
