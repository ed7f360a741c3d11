import LonghaulConcurrency
import LonghaulCore
import LonghaulPlatform

/// Reads a file in pieces, on a thread that may block.
///
/// Only one task may read. So only one thread uses the descriptor at a time.
final class FileReader: Sendable {
    private static let pieceBytes = 262_144
    private let descriptor: Int32
    private let path: String

    /// Opens the file.
    ///
    /// - Throws: ``LonghaulError`` `invalid_request` if it cannot be opened or is not a regular file.
    init(path: String) throws(LonghaulError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw LonghaulError(.invalidRequest, "cannot open \(path): \(String(cString: strerror(errno)))")
        }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw LonghaulError(.invalidRequest, "\(path) is not a regular file")
        }
    }

    deinit {
        close(descriptor)
    }

    /// The next bytes; nil at the end.
    func next() async throws -> [UInt8]? {
        try await BlockingPool.shared.run { try self.read() }
    }

    private func read() throws -> [UInt8]? {
        var fault: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: Self.pieceBytes) { buffer, count in
            var got = LonghaulPlatform.read(descriptor, buffer.baseAddress, Self.pieceBytes)
            while got < 0, errno == EINTR {
                got = LonghaulPlatform.read(descriptor, buffer.baseAddress, Self.pieceBytes)
            }
            if got < 0 { fault = errno }
            count = max(0, got)
        }
        guard fault == 0 else {
            throw LonghaulError(.unavailable, "cannot read \(path): \(String(cString: strerror(fault)))")
        }
        return bytes.isEmpty ? nil : bytes
    }
}
