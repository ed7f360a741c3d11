import LonghaulCore
import LonghaulPlatform
import Synchronization

/// A file that is being written. One upload calls it, one call at a time.
final class Upload: Sendable {
    private struct State {
        var descriptor: Int32
        var sizeBytes: Int64 = 0
    }

    private let path: String
    private let state: Mutex<State>
    /// Updated under the lock, by one upload.
    private nonisolated(unsafe) let hash = SHA256()

    /// Creates the file, which must not exist.
    init(path: String) throws(LonghaulError) {
        self.path = path
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .disk("make", path) }
        state = Mutex(State(descriptor: descriptor))
    }

    deinit {
        state.withLock { if $0.descriptor >= 0 { close($0.descriptor) } }
    }

    /// The number of bytes written.
    var sizeBytes: Int64 { state.withLock(\.sizeBytes) }

    /// Writes all of the bytes.
    func append(_ bytes: [UInt8]) throws(LonghaulError) {
        let fault = state.withLock { state -> LonghaulError? in
            bytes.withUnsafeBytes { buffer in
                hash.update(buffer)
                var rest = buffer[...]
                while !rest.isEmpty {
                    let count = write(
                        state.descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                    if count < 0, errno == EINTR { continue }
                    guard count >= 0 else { return .disk("write", path) }
                    rest = rest.dropFirst(count)
                }
                state.sizeBytes += Int64(bytes.count)
                return nil
            }
        }
        if let fault { throw fault }
    }

    /// Makes the written bytes durable, and closes the file.
    func finish() throws(LonghaulError) -> StoredFile {
        let result: Result<StoredFile, LonghaulError> = state.withLock { state in
            defer { state.descriptor = -1 }
            let isSynced = fsync(state.descriptor) == 0
            let fault = LonghaulError.disk("sync", path)
            guard close(state.descriptor) == 0, isSynced else { return .failure(fault) }
            return .success(
                // lock-safe: finishes a checksum.
                StoredFile(sizeBytes: state.sizeBytes, sha256: SHA256.hexadecimal(hash.finish())))
        }
        return try result.get()
    }
}

extension Upload {
    /// Copies a file, durably.
    static func copy(_ source: String, to target: String) throws(LonghaulError) {
        let descriptor = open(source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw .disk("read", source) }
        defer { close(descriptor) }
        let upload = try Upload(path: target)
        var piece = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .disk("read", source) }
            if count == 0 { break }
            try upload.append(Array(piece[..<count]))
        }
        _ = try upload.finish()
    }
}

extension LonghaulError {
    /// The error of a system call that has just failed.
    static func disk(_ action: String, _ path: String) -> LonghaulError {
        LonghaulError(.unavailable, "cannot \(action) \(path): \(String(cString: strerror(errno)))")
    }
}
