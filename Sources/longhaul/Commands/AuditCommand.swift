import LonghaulClient
import LonghaulCore
import LonghaulJSON

extension Commands {
    static let audit = Command(
        name: "audit", summary: "Lists, verifies or exports the audit log.",
        arguments: [
            Argument(name: "ACTION", help: "list (default), verify or export.", isRequired: false)
        ],
        options: [
            Options.auditAction, Options.auditCaller, Options.auditSubject, Options.auditSince,
            Options.auditLimit, Options.json, Options.store, Options.storeFile,
        ] + Options.client,
        notes: [
            "verify checks the hash of every record. The exit code is 1 if the chain is broken.",
            "export prints every record as a line of JSON, newest first.",
            "With --store instead of --server, it opens the store itself. A sqlite: store must not be in use.",
        ]
    ) { invocation in
        let asJSON = try invocation.value(Options.json)
        var isIntact = true
        try await withAuditLog(invocation) { log in
            switch invocation.argument(0) {
            case "", "list": try await listRecords(log, try filter(invocation), invocation, asJSON: asJSON)
            case "verify": isIntact = try await verifyChain(log, asJSON: asJSON)
            case "export": try await exportRecords(log, try filter(invocation))
            case let name:
                throw UsageError(
                    "ACTION: expected list, verify or export, got \"\(name)\"",
                    command: invocation.command.name)
            }
        }
        return isIntact ? .done : .failed
    }

    /// Runs a body with the audit log of a store, or of a server.
    private static func withAuditLog(
        _ invocation: Invocation, _ body: (AuditLog) async throws -> Void
    ) async throws {
        try await invocation.withServer(
            { client in
                try await body(AuditLog { try await client.auditRecords($0, before: $1, limit: $2) })
            },
            orStore: { store in
                try await body(AuditLog { try await store.auditRecords($0, before: $1, limit: $2) })
            })
    }

    private static func filter(_ invocation: Invocation) throws -> AuditFilter {
        var filter = AuditFilter()
        filter.action = try invocation.value(Options.auditAction)
        filter.caller = try invocation.value(Options.auditCaller)
        filter.subject = try invocation.value(Options.auditSubject)
        filter.createdAfter = try invocation.value(Options.auditSince).map {
            SystemTime().now().adding(seconds: -$0)
        }
        return filter
    }

    // MARK: Actions

    private static func listRecords(
        _ log: AuditLog, _ filter: AuditFilter, _ invocation: Invocation, asJSON: Bool
    ) async throws {
        var left = try invocation.value(Options.auditLimit)
        var found: [AuditRecord] = []
        try await log.eachPage(filter, limit: { min(500, left) }) { page in
            found += page.records
            left -= page.records.count
            return left > 0
        }
        if asJSON {
            return try Console.print(jsonItems: { writer in
                for record in found { writer.element(record) }
            })
        }
        var table = Table([
            .init(title: "NUMBER", isNumber: true), .init(title: "TIME"), .init(title: "CALLER"),
            .init(title: "CLIENT"), .init(title: "ACTION"), .init(title: "COUNT", isNumber: true),
            .init(title: "SUBJECT"),
        ])
        try Console.print(table.lines(found.map(row)).joined(separator: "\n"))
    }

    private static func row(_ record: AuditRecord) -> [Table.Cell] {
        let entry = record.entry
        return [
            .init("\(record.number)"), .init(entry.at.description), .init(entry.source.caller),
            .init(entry.source.client ?? "-"), .init(entry.action.rawValue), .init("\(entry.count)"),
            .init(entry.subjects.first ?? "-"),
        ]
    }

    private static func exportRecords(_ log: AuditLog, _ filter: AuditFilter) async throws {
        try await log.eachPage(filter) { page in
            for record in page.records { try Console.print(json: record) }
            return true
        }
    }

    /// Returns whether the chain is intact.
    private static func verifyChain(_ log: AuditLog, asJSON: Bool) async throws -> Bool {
        let verification = try await AuditVerification.run { try await log.read(AuditFilter(), $0, 500) }
        let chain = verification.chain
        if asJSON {
            try Console.print(jsonObject: { writer in
                writer.field("records", verification.count)
                writer.field("chain", chain)
                writer.array("breaks") { writer in
                    for found in verification.breaks { writer.element(found.description) }
                }
            })
        } else if verification.breaks.isEmpty {
            try Console.print(
                "\(verification.count) records verified; record \(chain.last.number) has the hash "
                    + SHA256.hexadecimal(chain.last.hash))
        } else {
            try Console.print(
                (["the chain is broken:"] + verification.breaks.map(\.description)).joined(separator: "\n"))
        }
        return verification.breaks.isEmpty
    }
}

/// The audit log of a server or of a store.
private struct AuditLog {
    /// Reads a page.
    let read: @Sendable (AuditFilter, Int64?, Int) async throws -> AuditPage

    init(_ read: @escaping @Sendable (AuditFilter, Int64?, Int) async throws -> AuditPage) {
        self.read = read
    }

    /// Passes each page to `body` until it returns false.
    func eachPage(
        _ filter: AuditFilter, limit: () -> Int = { 500 }, _ body: (AuditPage) throws -> Bool
    ) async throws {
        var next: Int64?
        repeat {
            let page = try await read(filter, next, limit())
            next = page.next
            guard try body(page) else { return }
        } while next != nil
    }
}
