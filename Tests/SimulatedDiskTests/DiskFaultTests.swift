import CSQLite
import CSimulatedDisk
import Testing

/// Errors of the disk, and machines that stop.
struct DiskFaultTests {
    private static let page = [UInt8](repeating: 0xAA, count: 4096)
    private static let always: UInt32 = 100_000

    @Test func aFailedWriteStoresAtMostAPart() throws {
        var sizes: Set<Int> = []
        for seed in 1...200 {
            let disk = try Disk(seed: UInt64(seed))
            let file = try OpenFile("/test.db", on: disk)
            disk.setFaults { $0.write = Self.always }
            #expect(file.write(Self.page, at: 0) == IOError.write)
            let contents = try #require(disk.contents(of: "/test.db"))
            #expect(contents == Array(Self.page.prefix(contents.count)))
            sizes.insert(contents.count)
        }
        #expect(sizes == Set(stride(from: 0, through: 4096, by: 512)))
    }

    @Test func aFullDiskTakesWritesWithinFiles() throws {
        let disk = try Disk(seed: 1)
        let file = try OpenFile("/test.db", on: disk)
        #expect(file.write(Self.page, at: 0) == SQLITE_OK)
        simulated_disk_set_full(disk.pointer, true)
        #expect(file.write(Self.page, at: 100) == SQLITE_FULL)
        #expect(file.write([1], at: 4095) == SQLITE_OK)
        #expect(disk.contents(of: "/test.db") == Self.page.dropLast() + [1])
        #expect(simulated_disk_fault_counts(disk.pointer).full == 1)
    }

    @Test func readsFailOrAreShort() throws {
        let disk = try Disk(seed: 1)
        let database = try OpenFile("/test.db", on: disk)
        let log = try OpenFile("/test.db-wal", on: disk, kind: SQLITE_OPEN_WAL)
        for file in [database, log] { _ = file.write(Self.page, at: 0) }
        disk.setFaults { $0.read = Self.always }
        #expect(database.read(4096, at: 0).code == IOError.read)
        disk.setFaults { $0.short_read = Self.always }
        #expect(database.read(4096, at: 0).code == IOError.read)
        let (code, bytes) = log.read(4096, at: 0)
        #expect(code == IOError.shortRead)
        #expect(bytes.last == 0)
    }

    @Test func aReadBeyondTheEndIsShortAndBlank() throws {
        let disk = try Disk(seed: 1)
        let file = try OpenFile("/test.db", on: disk)
        _ = file.write([1, 2], at: 0)
        let (code, bytes) = file.read(4, at: 1)
        #expect(code == IOError.shortRead)
        #expect(bytes == [2, 0, 0, 0])
    }

    @Test func aStoppedMachineDoesNothing() throws {
        let disk = try Disk(seed: 1)
        let file = try OpenFile("/test.db", on: disk)
        simulated_disk_stop_after(disk.pointer, 1)
        #expect(file.write(Self.page, at: 0) == SQLITE_OK)
        #expect(!simulated_disk_is_stopped(disk.pointer))
        #expect(file.sync() == IOError.sync)
        #expect(simulated_disk_is_stopped(disk.pointer))
        #expect(file.write([1], at: 0) == IOError.write)
        #expect(file.read(1, at: 0).code == IOError.read)
        #expect(disk.contents(of: "/test.db") == Self.page)
    }

    @Test func aFileOfAnEndedProcessNeverWorksAgain() throws {
        let disk = try Disk(seed: 1)
        let file = try OpenFile("/test.db", on: disk)
        disk.endProcess()
        #expect(file.write([1], at: 0) == IOError.write)
        #expect(try OpenFile("/test.db", on: disk).write([1], at: 0) == SQLITE_OK)
    }
}
