import CSimulatedDisk
import LonghaulCore
import LonghaulSQLite

extension SteppedStore {
    /// Opens the store on a simulated disk.
    convenience init(on disk: OpaquePointer) throws {
        try self.init(
            path: "/longhaul.db",
            firstBytes: { path in
                [UInt8](unsafeUninitializedCapacity: 100) { buffer, count in
                    count = simulated_disk_read(disk, path, buffer.baseAddress, 100)
                }
            },
            options: SQLiteStoreOptions(),
            settings: Settings(vfs: String(cString: simulated_disk_vfs(disk)), checkpointPages: 1000),
            time: SystemTime(), random: SystemRandom())
    }
}
