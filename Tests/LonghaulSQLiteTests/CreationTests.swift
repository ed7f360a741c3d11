import CSimulatedDisk
import LonghaulCore
import LonghaulStore
import Testing

@testable import LonghaulSQLite

/// A store whose creation is interrupted.
struct CreationTests {
    /// The number of operations on the disk that the creation of a store takes at least.
    private static let operations = 60

    @Test(arguments: [false, true])
    func theNextProcessCompletesIt(afterPowerFailure powerFailed: Bool) throws {
        for seed in 0..<(2 * Self.operations) {
            let disk = try #require(simulated_disk_create(UInt64(seed)))
            defer { simulated_disk_free(disk) }
            simulated_disk_stop_after(disk, Int64(seed / 2))
            #expect(throws: LonghaulError.self) { try SteppedStore(on: disk).close() }
            #expect(simulated_disk_is_stopped(disk))
            simulated_disk_restart(disk, powerFailed)
            try SteppedStore(on: disk).close()
            // Also the next one accepts the file.
            let store = try SteppedStore(on: disk)
            #expect(try store.problems(at: SystemTime().now()).isEmpty)
            store.close()
        }
    }

    @Test func theFileOfAnInterruptedCreationIsNoStore() throws {
        let journal: [UInt8] =
            [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7] + [UInt8](repeating: 0, count: 92)
        func isStore(_ journal: [UInt8]) throws -> Bool {
            try StoreFile.isStore("x") { (path) throws(LonghaulError) in
                path == "x" ? [UInt8](repeating: 1, count: 100) : journal
            }
        }
        #expect(try !isStore(journal))
        var later = journal
        later[19] = 7
        for journal in [[], later, journal.map { $0 ^ 1 }] {
            #expect(throws: LonghaulError.self) { try isStore(journal) }
        }
    }
}
