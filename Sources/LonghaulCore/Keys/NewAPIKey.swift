public import LonghaulJSON

/// A request for an API key.
public struct NewAPIKey: Sendable, Hashable {
    /// The name of the key.
    public var name: String
    /// The scopes, and the patterns of queues and kinds.
    public var grant: KeyGrant
    /// The environment in the text of the key.
    public var environment = APIKeyText.defaultEnvironment
    /// When the key expires; nil for never.
    public var expiresAt: Timestamp?

    /// A request for a key that never expires.
    public init(name: String, grant: KeyGrant) {
        self.name = name
        self.grant = grant
    }

    /// All faults of the request; empty if it is valid.
    ///
    /// - Parameter root: the place of the request in its document.
    public func faults(at root: JSONPointer = .root) -> [JSONFault] {
        var faults: [JSONFault] = []
        func expect(_ condition: Bool, _ pointer: JSONPointer, _ message: String) {
            if !condition { faults.append(JSONFault(pointer: pointer, message: message)) }
        }
        expect(QueueSettings.isName(name), root.appending("name"), QueueSettings.nameForm)
        expect(
            name != Self.anonymous, root.appending("name"),
            "\"\(Self.anonymous)\" is the caller without a key")
        expect(!grant.scopes.isEmpty, root.appending("scopes"), "must name at least one scope")
        expect(
            !grant.scopes.contains(.admin) || !grant.isLimited, root.appending("scopes"),
            "a key with the scope admin cannot be limited to queues or kinds")
        expect(
            APIKeyText.isEnvironment(environment), root.appending("environment"),
            APIKeyText.environmentForm)
        for (field, patterns, lengths) in [
            ("queues", grant.queues, FieldBounds.queueNameLength),
            ("kinds", grant.kinds, FieldBounds.kindLength),
        ] {
            let pointer = root.appending(field)
            let count = FieldBounds.keyPatterns.upperBound
            expect(
                patterns.count <= count, pointer, "expected at most \(count) elements, got \(patterns.count)")
            for (index, pattern) in patterns.enumerated() {
                expect(
                    lengths.contains(pattern.utf8.count) && RoutingTable.isPattern(pattern),
                    pointer.appending(index),
                    "must be 1 to \(lengths.upperBound) characters of a name, and * for any characters")
            }
        }
        return faults
    }

    /// The caller without a key.
    public static let anonymous = "anonymous"
}

/// A new API key with its secret, which is shown once.
public struct IssuedAPIKey: Sendable, Hashable {
    /// The key.
    public var key: APIKey
    /// The text of the key.
    public var text: String

    /// A new key.
    public init(key: APIKey, text: String) {
        self.key = key
        self.text = text
    }
}
