import CSQLite
import CSimulatedDisk
import Testing

/// SQLite on the disk.
struct DatabaseTests {
    /// Commits numbers in WAL mode, cuts the power within a transaction, and returns how many numbers are left.
    ///
    /// - Returns: nil if the database is damaged.
    private func numbersAfterPowerFailure(seed: UInt64, synchronous: String) throws -> Int? {
        let disk = try Disk(seed: seed)
        do {
            let database = try Database(on: disk)
            database.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = \(synchronous)")
            database.run("CREATE TABLE t (n INTEGER PRIMARY KEY, filler)")
            for number in 1...20 {
                #expect(database.run("INSERT INTO t VALUES (\(number), zeroblob(3000))") == SQLITE_OK)
                if number % 8 == 0 { database.run("PRAGMA wal_checkpoint(PASSIVE)") }
            }
            simulated_disk_stop_after(disk.pointer, Int64(seed % 8))
            database.run("INSERT INTO t VALUES (21, zeroblob(3000))")
            simulated_disk_stop(disk.pointer)
        }
        simulated_disk_restart(disk.pointer, true)
        let database = try Database(on: disk)
        guard database.text("PRAGMA integrity_check") == "ok" else { return nil }
        return database.text("SELECT count(*) FROM t").flatMap { Int($0) }
    }

    @Test func committedTransactionsSurviveAPowerFailure() throws {
        var counts: Set<Int> = []
        for seed in UInt64(1)...200 {
            let count = try #require(try numbersAfterPowerFailure(seed: seed, synchronous: "FULL"))
            #expect(count >= 20)
            counts.insert(count)
        }
        // The last transaction was not acknowledged. It is there or not.
        #expect(counts == [20, 21])
    }

    @Test func withoutSyncTransactionsAreLost() throws {
        let counts = try (UInt64(1)...50).map { try numbersAfterPowerFailure(seed: $0, synchronous: "OFF") }
        #expect(counts.contains { $0 == nil || ($0 ?? 0) < 20 })
    }

    @Test func anUnfinishedTransactionIsRolledBackFromItsJournal() throws {
        for seed in UInt64(1)...100 {
            let disk = try Disk(seed: seed)
            do {
                let database = try Database(on: disk)
                // Otherwise the deletion of a journal, which commits, may be lost.
                database.run("PRAGMA synchronous = EXTRA")
                database.run("CREATE TABLE t (n, filler)")
                database.run("INSERT INTO t VALUES (0, zeroblob(9000))")
                simulated_disk_stop_after(disk.pointer, Int64(seed % 12))
                database.run("UPDATE t SET n = 1, filler = zeroblob(20000)")
                simulated_disk_stop(disk.pointer)
            }
            simulated_disk_restart(disk.pointer, true)
            let database = try Database(on: disk)
            #expect(database.text("PRAGMA integrity_check") == "ok")
            let row = database.text("SELECT n || ' ' || length(filler) FROM t")
            #expect(["0 9000", "1 20000"].contains(row))
        }
    }

    @Test func theIndexOfTheLogNamesTheLastTransaction() throws {
        let disk = try Disk(seed: 1)
        do {
            let database = try Database(on: disk)
            database.run("PRAGMA journal_mode = WAL")
            #expect(simulated_disk_indexed_commit(disk.pointer, "/test.db").checksum == 0)
            database.run("CREATE TABLE t (n)")
            let written = simulated_disk_written_commit(disk.pointer)
            let indexed = simulated_disk_indexed_commit(disk.pointer, "/test.db")
            #expect(written.salt == indexed.salt)
            #expect(written.checksum == indexed.checksum)
            #expect(simulated_disk_commits(disk.pointer) == 1)
            simulated_disk_stop(disk.pointer)
        }
    }

    @Test func twoConnectionsShareALog() throws {
        let disk = try Disk(seed: 1)
        let (first, second) = (try Database(on: disk), try Database(on: disk))
        first.run("PRAGMA journal_mode = WAL; CREATE TABLE t (n); INSERT INTO t VALUES (1)")
        second.run("BEGIN")
        #expect(second.text("SELECT count(*) FROM t") == "1")
        #expect(first.run("INSERT INTO t VALUES (2)") == SQLITE_OK)
        #expect(second.text("SELECT count(*) FROM t") == "1")
        #expect(second.run("INSERT INTO t VALUES (3)") == SQLITE_BUSY)
        second.run("ROLLBACK")
        #expect(second.text("SELECT count(*) FROM t") == "2")
    }
}
