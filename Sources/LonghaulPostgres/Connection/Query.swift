import LonghaulStore
import Synchronization

/// A statement's text. Its number is the key under which a connection keeps it prepared.
///
/// Tables are written with the schema `longhaul`; a connection replaces it with the store's schema.
final class Query: Sendable {
    private static let latest = Atomic(0)

    let sql: String
    /// The unique number.
    let number: Int
    /// Whether it stays prepared.
    let isKept: Bool

    /// A statement that runs many times and lives as long as the process.
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
