/// A statement's text. Its identity is the key under which a connection keeps it prepared, so that looking
/// it up does not hash the text.
final class Query: Sendable {
    let sql: String

    init(_ sql: String) {
        self.sql = sql
    }
}
