import Foundation
import LonghaulCore
import LonghaulTestSupport
import Testing

@testable import LonghaulSQLite

/// Transactions that are larger than the cache of the writer, with savepoints that are rolled back.
struct SavepointTests {
    private static let rows = 60
    private static let sum = Query("SELECT sum(changes * (id + 1)) FROM pages")

    private func below(_ bound: Int, _ random: SeededRandom) -> Int { Int(random.fraction() * Double(bound)) }

    /// Changes random pages.
    private func change(_ count: Int, _ connection: Connection, _ random: SeededRandom) throws {
        for _ in 0..<count {
            try connection.execute(
                """
                UPDATE pages SET changes = changes + 1, content = randomblob(3000)
                WHERE id = \(below(Self.rows, random))
                """)
        }
    }

    private func sum(_ connection: Connection) throws -> Int? { try connection.first(Self.sum) { $0.int(0) } }

    @Test(arguments: 0..<40) func everyCommitIsReadAgain(seed: UInt64) throws {
        let folder = try TemporaryFolder()
        let random = SeededRandom(seed: seed)
        let writer = try StoreOpening(
            path: folder.file("a.db"), options: SQLiteStoreOptions(writerCacheBytes: 40 << 10)
        ).writer()
        defer { writer.close() }
        try writer.execute("CREATE TABLE pages (id INTEGER PRIMARY KEY, changes INTEGER, content BLOB)")
        for id in 0..<Self.rows {
            try writer.execute("INSERT INTO pages VALUES (\(id), 0, randomblob(3000))")
        }
        try writer.execute("BEGIN")
        for _ in 0...below(3, random) {
            try writer.execute("SAVEPOINT part")
            try change(1 + below(59, random), writer, random)
            if below(3, random) > 0 { try writer.execute("ROLLBACK TO part") }
            try writer.execute("RELEASE part")
        }
        try change(1 + below(29, random), writer, random)
        try writer.execute("COMMIT")
        try change(1, writer, random)

        // Another process reads the log from the file.
        for name in ["a.db", "a.db-wal"] {
            try FileManager.default.copyItem(
                atPath: folder.file(name), toPath: folder.file(name.replacing("a.", with: "b.")))
        }
        let copy = try StoreOpening(path: folder.file("b.db"), options: SQLiteStoreOptions()).reader()
        defer { copy.close() }
        #expect(try sum(copy) == sum(writer))
    }
}
