import LonghaulClient
import LonghaulCore
import LonghaulEngine
import LonghaulJSON

extension Commands {
    static let keys = Command(
        name: "keys", summary: "Lists, creates, rotates or revokes API keys.",
        arguments: [
            Argument(
                name: "ACTION", help: "list (default), create, rotate, revoke, generate or aws.",
                isRequired: false),
            Argument(
                name: "NAME", help: "The name of a new key; the name or the ID of a key to rotate or revoke.",
                isRequired: false),
        ],
        options: [
            Options.scopes, Options.keyQueues, Options.keyKinds, Options.expires, Options.overlap,
            Options.keyEnvironment, Options.json, Options.store, Options.storeFile,
        ] + Options.client,
        notes: [
            "create and rotate print the new key on standard output. It is shown once.",
            "With --store instead of --server, it opens the store itself, for a lost key. A sqlite: store must not be in use.",
            "generate prints an entry for --api-keys-file, and stores nothing.",
            "aws prints the AWS access key ID of the caller's own key. The secret access key is the key itself.",
        ]
    ) { invocation in
        let action = invocation.argument(0)
        let name = invocation.argument(1)
        if action.isEmpty || action == "list" {
            try await withKeys(invocation) { try show(try await $0.list(), invocation) }
            return .done
        }
        if action == "aws" {
            try await printAWSAccessKey(invocation)
            return .done
        }
        guard ["create", "rotate", "revoke", "generate"].contains(action) else {
            throw UsageError(
                "ACTION: expected list, create, rotate, revoke, generate or aws, got \"\(action)\"",
                command: invocation.command.name)
        }
        guard !name.isEmpty else { throw UsageError("NAME is missing", command: invocation.command.name) }
        if action == "generate" {
            try generate(try newKey(name, invocation))
            return .done
        }
        // The first key can be created before the first start of the server.
        try await withKeys(invocation, creates: action == "create") { keys in
            switch action {
            case "create": try print(try await keys.create(try newKey(name, invocation)), invocation)
            case "rotate": try print(try await rotate(name, keys, invocation), invocation)
            default: for id in try await identifiers(name, keys) { try await keys.revoke(id) }
            }
        }
        return .done
    }

    /// Runs a body with the keys of a store, or of a server.
    private static func withKeys(
        _ invocation: Invocation, creates: Bool = false, _ body: (any KeyAdministration) async throws -> Void
    ) async throws {
        try await invocation.withServer(
            { try await body($0) },
            orStore: { store in
                try await AuditSource.$current.withValue(.systemUser) { try await body(StoreKeys(store)) }
            }, creates: creates)
    }

    private static func newKey(_ name: String, _ invocation: Invocation) throws -> NewAPIKey {
        let scopes = try invocation.value(Options.scopes)
        guard !scopes.isEmpty else {
            throw UsageError("--scopes is missing", command: invocation.command.name)
        }
        let grant = KeyGrant(
            scopes: Set(scopes), queues: try invocation.value(Options.keyQueues),
            kinds: try invocation.value(Options.keyKinds))
        var key = NewAPIKey(name: name, grant: grant)
        key.environment = try invocation.value(Options.keyEnvironment)
        key.expiresAt = try invocation.value(Options.expires).map {
            SystemTime().now().adding(seconds: $0)
        }
        let faults = key.faults()
        guard faults.isEmpty else { throw LonghaulError.invalid(faults) }
        return key
    }

    /// The valid keys of a name, the newest first, or the key of an ID.
    private static func identifiers(_ name: String, _ keys: any KeyAdministration) async throws -> [String] {
        if APIKeyText.isID(name) { return [name] }
        let found = try await keys.list()
            .filter { $0.key.name == name && $0.state == .active && $0.source == .store }
            .sorted { $0.key.createdAt > $1.key.createdAt }
        guard !found.isEmpty else {
            throw LonghaulError(.notFound, "there is no valid API key of the name \"\(name.prefix(100))\"")
        }
        return found.map(\.key.id)
    }

    private static func rotate(
        _ name: String, _ keys: any KeyAdministration, _ invocation: Invocation
    ) async throws -> ShownAPIKey {
        var rotation = KeyRotation()
        rotation.overlapSeconds = try invocation.value(Options.overlap)
        rotation.environment = try invocation.value(Options.keyEnvironment)
        guard let id = try await identifiers(name, keys).first else { throw APIKeyIssuer.noKey(name) }
        return try await keys.rotate(id, rotation)
    }

    // MARK: Output

    /// Prints a new key alone, so that scripts can store it.
    private static func print(_ shown: ShownAPIKey, _ invocation: Invocation) throws {
        if try invocation.value(Options.json) { return try Console.print(json: shown) }
        Console.note("the API key \(shown.key.id) of \(shown.key.name), which is shown once:")
        try Console.print(shown.text ?? "")
    }

    /// Prints the AWS access key ID of the client's key, as a variable of the environment.
    private static func printAWSAccessKey(_ invocation: Invocation) async throws {
        let id = try await invocation.withClient { try await $0.awsAccessKeyID() }
        if try invocation.value(Options.json) {
            return try Console.print(jsonObject: { $0.field("aws_access_key_id", id) })
        }
        Console.note("the secret access key (AWS_SECRET_ACCESS_KEY) is the API key itself")
        try Console.print("AWS_ACCESS_KEY_ID=\(id)")
    }

    /// Prints an entry for a file of keys.
    private static func generate(_ new: NewAPIKey) throws {
        let text = APIKeyText(environment: new.environment)
        try Console.print(jsonObject: { writer in
            writer.field("name", new.name)
            writer.field("scopes", KeyScope.allCases.filter(new.grant.scopes.contains).map(\.rawValue))
            if !new.grant.queues.isEmpty { writer.field("queues", new.grant.queues) }
            if !new.grant.kinds.isEmpty { writer.field("kinds", new.grant.kinds) }
            if let expiry = new.expiresAt { writer.field("expires_at", expiry.description) }
            writer.field("key", text.text)
        })
    }

    private static func show(_ keys: [ShownAPIKey], _ invocation: Invocation) throws {
        if try invocation.value(Options.json) {
            return try Console.print(jsonItems: { writer in
                for key in keys { writer.element(key) }
            })
        }
        var table = Table([
            .init(title: "NAME"), .init(title: "ID"), .init(title: "STATE"), .init(title: "SCOPES"),
            .init(title: "QUEUES"), .init(title: "KINDS"), .init(title: "EXPIRES", isNumber: true),
            .init(title: "LAST USED", isNumber: true),
        ])
        let now = SystemTime().now()
        let rows = keys.map { row($0, at: now) }
        try Console.print(table.lines(rows).joined(separator: "\n"))
    }

    private static func row(_ shown: ShownAPIKey, at now: Timestamp) -> [Table.Cell] {
        let key = shown.key
        let scopes = KeyScope.allCases.filter(key.grant.scopes.contains).map(\.rawValue)
        return [
            .init(key.name), .init(key.id),
            .init(shown.state.rawValue, shown.state == .active ? .green : .yellow),
            .init(scopes.joined(separator: ",")), .init(list(key.grant.queues)), .init(list(key.grant.kinds)),
            .init(Format.age(key.expiresAt, at: now)), .init(Format.age(key.lastUsedAt, at: now)),
        ]
    }

    private static func list(_ patterns: [String]) -> String {
        patterns.isEmpty ? "all" : patterns.joined(separator: ",")
    }
}
