import LonghaulCore
import LonghaulPlatform

/// The lock of one store in one process on a database file: an exclusive lock on a file beside it that contains the
/// owner's process ID. The system releases it when the process ends.
final class StoreLock {
    private let descriptor: Int32

    /// Acquires the lock.
    ///
    /// - Throws: `unavailable` naming the process that holds it.
    init(databasePath: String) throws(LonghaulError) {
        let path = databasePath + ".lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw LonghaulError(.unavailable, "the store's lock \(path) cannot be opened: \(systemError())")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let owner = Self.owner(descriptor)
            close(descriptor)
            throw LonghaulError(
                .unavailable,
                "the store \(databasePath) is in use by \(owner.map { "process \($0)" } ?? "another process")"
            )
        }
        self.descriptor = descriptor
        Self.write(getpid(), to: descriptor)
    }

    deinit {
        close(descriptor)
    }

    private static func owner(_ descriptor: Int32) -> Int? {
        let bytes = [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            count = max(0, pread(descriptor, buffer.baseAddress, 32, 0))
        }
        return Int(String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }

    /// The process ID only informs people. The lock holds without it, so a failed write is ignored.
    private static func write(_ process: Int32, to descriptor: Int32) {
        let text = Array("\(process)\n".utf8)
        guard ftruncate(descriptor, 0) == 0 else { return }
        _ = pwrite(descriptor, text, text.count, 0)
    }
}

/// The message for the current `errno`.
func systemError() -> String {
    String(cString: strerror(errno))
}
