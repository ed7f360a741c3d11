public import LonghaulJSON

extension NewAPIKey: JSONReadable, JSONWritable {
    /// Reads a request for a key, strictly.
    public static func read(_ reader: inout JSONObjectReader) -> NewAPIKey {
        let before = reader.faults.list.count
        var key = readFields(&reader)
        if let environment = reader.string("environment") { key.environment = environment }
        reader.finish()
        key.addFaults(to: &reader, after: before)
        return key
    }

    /// Reads the name, the rights and the expiry.
    package static func readFields(_ reader: inout JSONObjectReader) -> NewAPIKey {
        let name = reader.requiredString("name", maxLength: FieldBounds.queueNameLength.upperBound) ?? ""
        var key = NewAPIKey(name: name, grant: KeyGrant.readFields(&reader))
        key.expiresAt = reader.timestamp("expires_at")
        return key
    }

    /// Adds the faults of the rules at places at and below which the reader has found none.
    ///
    /// - Parameter before: the number of faults before the key was read.
    package func addFaults(to reader: inout JSONObjectReader, after before: Int) {
        guard reader.isObject else { return }
        let reported = reader.faults.list[before...].map(\.pointer.description)
        for fault in faults(at: reader.pointer) {
            let place = fault.pointer.description
            guard !reported.contains(where: { $0 == place || $0.hasPrefix(place + "/") }) else { continue }
            reader.faults.add(fault.pointer, fault.message)
        }
    }

    /// Writes the request.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("name", name)
            grant.writeFields(to: &writer)
            writer.field("environment", environment)
            if let expiresAt { writer.field("expires_at", expiresAt) }
        }
    }
}

extension KeyGrant {
    /// Reads the scopes and the patterns.
    package static func readFields(_ reader: inout JSONObjectReader) -> KeyGrant {
        let words = reader.needed("scopes", "an array of scopes") {
            $0.strings($1, maxCount: KeyScope.allCases.count)
        }
        var grant = KeyGrant(scopes: [])
        for (index, word) in (words ?? []).enumerated() {
            if let scope = KeyScope(rawValue: word) {
                grant.scopes.insert(scope)
            } else {
                let known = KeyScope.allCases.map(\.rawValue).joined(separator: ", ")
                reader.faults.add(reader.pointer(to: "scopes").appending(index), "expected one of \(known)")
            }
        }
        grant.queues = reader.strings("queues") ?? []
        grant.kinds = reader.strings("kinds") ?? []
        return grant
    }

    /// Writes the scopes and the patterns.
    package func writeFields(to writer: inout JSONWriter) {
        writer.field("scopes", KeyScope.allCases.filter(scopes.contains).map(\.rawValue))
        writer.field("queues", queues)
        writer.field("kinds", kinds)
    }
}

/// An API key as the API shows it.
public struct ShownAPIKey: Sendable, Hashable, JSONReadable, JSONWritable {
    /// Where a key is kept.
    public enum Source: String, Sendable, Hashable, CaseIterable {
        /// In the store.
        case store
        /// In the file of keys of the server.
        case file
    }

    /// The key, without its digest.
    public var key: APIKey
    /// Its state.
    public var state: APIKey.State
    /// Where it is kept.
    public var source: Source
    /// The text of the key, if it is new.
    public var text: String?

    /// A key at a time.
    public init(_ key: APIKey, at now: Timestamp, source: Source = .store, text: String? = nil) {
        self.key = key
        state = key.state(at: now)
        self.source = source
        self.text = text
    }

    /// Reads a key, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> ShownAPIKey {
        var key = APIKey(
            id: reader.requiredString("id") ?? "", name: reader.requiredString("name") ?? "",
            grant: KeyGrant.readFields(&reader), digest: [],
            createdAt: reader.timestamp("created_at") ?? .distantPast,
            createdBy: reader.string("created_by") ?? "", expiresAt: reader.timestamp("expires_at"))
        key.lastUsedAt = reader.timestamp("last_used_at")
        key.revokedAt = reader.timestamp("revoked_at")
        var shown = ShownAPIKey(key, at: .distantPast, text: reader.string("key"))
        shown.state = reader.choice("state", of: APIKey.State.self) ?? .active
        shown.source = reader.choice("source", of: Source.self) ?? .store
        return shown
    }

    /// Writes the key.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("id", key.id)
            writer.field("name", key.name)
            key.grant.writeFields(to: &writer)
            writer.field("state", state.rawValue)
            writer.field("source", source.rawValue)
            writer.field("created_at", source == .store ? key.createdAt : nil)
            writer.field("created_by", source == .store ? key.createdBy : nil)
            writer.field("expires_at", key.expiresAt)
            writer.field("last_used_at", key.lastUsedAt)
            writer.field("revoked_at", key.revokedAt)
            if let text { writer.field("key", text) }
        }
    }
}

/// The body of a rotation.
public struct KeyRotation: Sendable, Hashable, JSONReadable, JSONWritable {
    /// How long the old key remains valid, in seconds.
    public var overlapSeconds = 86_400.0
    /// The environment in the text of the new key.
    public var environment = APIKeyText.defaultEnvironment

    /// A rotation with the default overlap of a day.
    public init() {}

    /// Reads a rotation, strictly.
    public static func read(_ reader: inout JSONObjectReader) -> KeyRotation {
        var rotation = KeyRotation()
        if let seconds = reader.double("overlap_seconds", in: FieldBounds.keyOverlapSeconds) {
            rotation.overlapSeconds = seconds
        }
        if let environment = reader.string("environment") {
            rotation.environment = environment
            if !APIKeyText.isEnvironment(environment) {
                reader.fault("environment", APIKeyText.environmentForm)
            }
        }
        reader.finish()
        return rotation
    }

    /// Writes the rotation.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("overlap_seconds", overlapSeconds)
            writer.field("environment", environment)
        }
    }
}
