import Synchronization

/// A statement's text. Its number is the key under which a connection keeps it prepared.
///
/// Tables are written with the schema `longhaul`; a connection puts the store's own in its place.
final class Query: Sendable {
    private static let latest = Atomic(0)

    let sql: String
    /// Unlike that of any other statement.
    let number: Int
    /// Whether it is worth keeping prepared.
    let isKept: Bool

    /// A statement that is run many times, and kept somewhere for good.
    init(_ sql: String) {
        self.sql = sql
        isKept = true
        number = Self.latest.add(1, ordering: .relaxed).newValue
    }

    /// A statement made for one use.
    init(once sql: String) {
        self.sql = sql
        isKept = false
        number = 0
    }
}

/// A statement with its parameters, to be sent.
struct Request {
    let query: Query
    let parameters: [Parameter]

    init(_ query: Query, _ parameters: Parameter...) {
        self.query = query
        self.parameters = parameters
    }

    init(_ query: Query, _ parameters: [Parameter]) {
        self.query = query
        self.parameters = parameters
    }
}
