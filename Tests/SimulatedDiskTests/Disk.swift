import CSQLite
import CSimulatedDisk
import Testing

/// A simulated disk for one test.
final class Disk {
    let pointer: OpaquePointer

    init(seed: UInt64) throws {
        pointer = try #require(simulated_disk_create(seed))
    }

    deinit {
        simulated_disk_free(pointer)
    }

    /// Replaces the faults by those that `change` sets.
    func setFaults(_ change: (inout simulated_faults) -> Void) {
        var faults = simulated_faults()
        change(&faults)
        simulated_disk_set_faults(pointer, faults)
    }

    /// Cuts the power and starts the machine again.
    func cutPower() {
        simulated_disk_stop(pointer)
        simulated_disk_restart(pointer, true)
    }

    /// Ends the process, without a power failure.
    func endProcess() {
        simulated_disk_stop(pointer)
        simulated_disk_restart(pointer, false)
    }

    /// The contents of a file; nil if there is no such file.
    func contents(of path: String) -> [UInt8]? {
        let size = simulated_disk_size(pointer, path)
        guard size >= 0 else { return nil }
        return [UInt8](unsafeUninitializedCapacity: Int(size) + 1) { buffer, count in
            count = simulated_disk_read(pointer, path, buffer.baseAddress, Int(size))
        }
    }
}

/// The extended result codes, which are C expressions that Swift does not import.
enum IOError {
    static let read = SQLITE_IOERR | 1 << 8
    static let shortRead = SQLITE_IOERR | 2 << 8
    static let write = SQLITE_IOERR | 3 << 8
    static let sync = SQLITE_IOERR | 4 << 8
}

/// An open file of a simulated disk, used through its VFS as SQLite uses it.
final class OpenFile {
    private let memory: UnsafeMutableRawPointer
    private var file: UnsafeMutablePointer<sqlite3_file> {
        memory.assumingMemoryBound(to: sqlite3_file.self)
    }
    private var methods: sqlite3_io_methods { file.pointee.pMethods.pointee }

    init(_ path: String, on disk: Disk, kind: Int32 = SQLITE_OPEN_MAIN_DB) throws {
        let vfs = try #require(sqlite3_vfs_find(simulated_disk_vfs(disk.pointer)))
        memory = .allocate(byteCount: Int(vfs.pointee.szOsFile), alignment: 16)
        let flags = kind | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        let open = try #require(vfs.pointee.xOpen)
        try #require(open(vfs, path, file, flags, nil) == SQLITE_OK)
    }

    deinit {
        _ = methods.xClose(file)
        memory.deallocate()
    }

    func write(_ bytes: [UInt8], at offset: Int64) -> Int32 {
        methods.xWrite(file, bytes, Int32(bytes.count), offset)
    }

    func truncate(to size: Int64) -> Int32 { methods.xTruncate(file, size) }

    func sync() -> Int32 { methods.xSync(file, SQLITE_SYNC_FULL) }

    func read(_ count: Int, at offset: Int64) -> (code: Int32, bytes: [UInt8]) {
        var bytes = [UInt8](repeating: 0xEE, count: count)
        let code = methods.xRead(file, &bytes, Int32(count), offset)
        return (code, bytes)
    }
}

/// A connection to a database on a simulated disk.
final class Database {
    private let handle: OpaquePointer

    init(on disk: Disk) throws {
        var handle: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        let code = sqlite3_open_v2("/test.db", &handle, flags, simulated_disk_vfs(disk.pointer))
        self.handle = try #require(handle)
        try #require(code == SQLITE_OK)
    }

    deinit {
        sqlite3_close_v2(handle)
    }

    /// Runs SQL; returns the result code.
    @discardableResult
    func run(_ sql: String) -> Int32 { sqlite3_exec(handle, sql, nil, nil, nil) }

    /// The first column of the first row; nil if there is none or an error.
    func text(_ sql: String) -> String? {
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK,
            sqlite3_step(statement) == SQLITE_ROW, let text = sqlite3_column_text(statement, 0)
        else { return nil }
        return String(cString: text)
    }
}
