import LonghaulStore
import Testing

@testable import LonghaulSQLite

struct ConnectionTests {
    /// A query with the address of a released query must not run its cached statement.
    @Test func reusedQueryIsNotMistakenForAnEarlierOne() throws {
        let connection = try Connection(path: ":memory:", creating: true)
        for number in 0..<1000 {
            #expect(try connection.first(Query("SELECT \(number)")) { $0.int(0) } == number)
        }
    }
}
