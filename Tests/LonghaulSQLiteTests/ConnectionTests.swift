import LonghaulStore
import Testing

@testable import LonghaulSQLite

struct ConnectionTests {
    /// The statement of a query that is gone must not be run in place of one that lies where it lay.
    @Test func reusedQueryIsNotMistakenForAnEarlierOne() throws {
        let connection = try Connection(path: ":memory:", creating: true)
        for number in 0..<1000 {
            #expect(try connection.first(Query("SELECT \(number)")) { $0.int(0) } == number)
        }
    }
}
