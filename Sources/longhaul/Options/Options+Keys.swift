import LonghaulCore
import LonghaulServer

/// API keys, and who may speak to the server.
extension Options {
    // MARK: Servers

    static let apiKeysFile = Option.optional(
        "api-keys-file", "FILE", .text, setting: true,
        "A JSON5 file of API keys that are valid besides those of the store, for containers.")
    static let openMetrics = Option.flag(
        "open-metrics", setting: true, "Serves /metrics and /readyz without an API key.")
    static let allowedHosts = Option.list(
        "allowed-host", "HOST,…", .host, commas: true, setting: true,
        fallback: "any host, once there are API keys",
        "The hosts for which a server with API keys answers requests, besides loopback addresses; may be repeated."
    )
    static let corsOrigins = Option.list(
        "cors-origin", "ORIGIN,…", .origin, commas: true, setting: true, fallback: "none",
        "The origins of web pages that may call the API with an API key, such as https://app.example.com; may be "
            + "repeated.")

    // MARK: Keys

    static let scopes = Option.list(
        "scopes", "SCOPE,…", .scope, commas: true,
        "The scopes of the key: " + KeyScope.allCases.map(\.rawValue).joined(separator: ", ") + ".")
    static let keyQueues = Option.list(
        "queues", "PATTERN,…", .text, commas: true, fallback: "all queues",
        "The queues to which the key is limited, such as 'mail*'.")
    static let keyKinds = Option.list(
        "kinds", "PATTERN,…", .text, commas: true, fallback: "all kinds",
        "The kinds of jobs to which the key is limited, such as 'image.*'.")
    static let expires = Option.optional(
        "expires", "TIME", .seconds(atLeast: 0), fallback: "never",
        "When the key expires, from now, such as 90d.")
    static let keyEnvironment = Option.value(
        "env", "WORD", .keyEnvironment, default: APIKeyText.defaultEnvironment,
        "The word after lh_ in the key, such as live or test.")
    static let overlap = Option.value(
        "overlap", "TIME", .seconds(atLeast: 0), default: KeyRotation().overlapSeconds,
        "How long the old key remains valid after a rotation.")
}

extension ValueReader where Value == KeyScope {
    /// A scope.
    static let scope = ValueReader(shape: .text) { text throws(BadValue) in
        guard let scope = KeyScope(rawValue: text) else {
            let known = KeyScope.allCases.map(\.rawValue).joined(separator: ", ")
            throw BadValue(expected: "one of \(known)", got: text)
        }
        return scope
    }
}

extension ValueReader where Value == String {
    /// The environment of a key.
    static let keyEnvironment = ValueReader(shape: .text) { text throws(BadValue) in
        guard APIKeyText.isEnvironment(text) else {
            throw BadValue(expected: "1 to 16 characters of a-z 0-9", got: text)
        }
        return text
    }

    /// A host without a port.
    static let host = ValueReader(shape: .text) { text throws(BadValue) in
        guard WebOrigin("https://\(text)") != nil, !text.contains(":") || text.hasPrefix("[") else {
            throw BadValue(expected: "a host without a port, such as jobs.example.com", got: text)
        }
        return text
    }
}

extension ValueReader where Value == WebOrigin {
    /// The origin of a web page.
    static let origin = ValueReader(shape: .text) { text throws(BadValue) in
        guard let origin = WebOrigin(text) else {
            throw BadValue(expected: "an origin, such as https://app.example.com", got: text)
        }
        return origin
    }
}
