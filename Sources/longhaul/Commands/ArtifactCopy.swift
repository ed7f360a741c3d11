import Glibc
import LonghaulConcurrency
import LonghaulCore

/// Copies all files of an artifact store to another one. Files that the target has with the same length are left out, so
/// a copy that was interrupted continues.
struct ArtifactCopy {
    /// The result.
    struct Outcome: Sendable {
        var copied = 0
        var present = 0
        /// Files that were removed during the copy.
        var missing = 0
        var bytes: Int64 = 0

        /// Whether the source has no file.
        var isEmpty: Bool { copied == 0 && present == 0 && missing == 0 }

        static func + (left: Outcome, right: Outcome) -> Outcome {
            Outcome(
                copied: left.copied + right.copied, present: left.present + right.present,
                missing: left.missing + right.missing, bytes: left.bytes + right.bytes)
        }
    }

    /// The number of files that are copied at the same time.
    private static let width = 8
    private static let reportInterval = Duration.seconds(5)

    let source: any ArtifactInventory
    let target: any ArtifactInventory

    /// Copies the files.
    ///
    /// - Parameter report: gets the result so far, every five seconds.
    func run(_ report: (Outcome) -> Void) async throws -> Outcome {
        var outcome = Outcome()
        var lastReport = ContinuousClock.now
        func add(_ one: Outcome, to total: inout Outcome) {
            total = total + one
            guard lastReport.duration(to: .now) >= Self.reportInterval else { return }
            lastReport = .now
            report(total)
        }
        try await source.inspect { folders in
            let files = folders.flatMap { folder, files in
                files.keys.sorted().map { (folder: folder, name: $0, sizeBytes: files[$0] ?? 0) }
            }
            outcome = try await withThrowingTaskGroup(of: Outcome.self) { group in
                var total = outcome
                for (index, file) in files.enumerated() {
                    if index >= Self.width, let one = try await group.next() { add(one, to: &total) }
                    group.addTask { try await copy(file.folder, file.name, sizeBytes: file.sizeBytes) }
                }
                for try await one in group { add(one, to: &total) }
                return total
            }
        }
        return outcome
    }

    private func copy(_ folder: ArtifactFolder, _ name: String, sizeBytes: Int64) async throws -> Outcome {
        if try await size(folder, name) == sizeBytes { return Outcome(present: 1) }
        let next: @Sendable () async throws -> [UInt8]?
        do {
            next = try await open(folder, name)
        } catch let error as LonghaulError where error.code == .notFound {
            return Outcome(missing: 1)
        }
        let file = try await target.put(folder, name: name, maxBytes: sizeBytes, next: next)
        guard file.sizeBytes == sizeBytes else {
            throw LonghaulError(
                .unavailable,
                "the file \(name) of job \(folder.jobID) has changed during the copy: copy again")
        }
        return Outcome(copied: 1, bytes: file.sizeBytes)
    }

    /// The length of a file in the target; nil if it does not exist.
    private func size(_ folder: ArtifactFolder, _ name: String) async throws -> Int64? {
        do {
            return try await target.locate(folder, name: name).sizeBytes
        } catch let error as LonghaulError where error.code == .notFound {
            return nil
        }
    }

    /// A function that returns the bytes of a file of the source, piece by piece.
    private func open(
        _ folder: ArtifactFolder, _ name: String
    ) async throws -> @Sendable () async throws -> [UInt8]? {
        switch try await source.locate(folder, name: name) {
        case .content(let content): return try await content.open(0..<content.sizeBytes)
        case .file(let path, _):
            let file = try OpenFile(path)
            return { try await BlockingPool.shared.run { try file.read() } }
        case .url: throw LonghaulError(.internal, "the artifact store cannot read the file \(name)")
        }
    }
}

extension ArtifactLocation {
    /// The length of the file; nil if it is unknown.
    var sizeBytes: Int64? {
        switch self {
        case .file(_, let sizeBytes): sizeBytes
        case .content(let content): content.sizeBytes
        case .url: nil
        }
    }
}

/// A file that is read from its beginning. One task uses it.
private final class OpenFile: Sendable {
    private static let pieceBytes = 1 << 20

    private let path: String
    private let descriptor: Int32

    init(_ path: String) throws(LonghaulError) {
        descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { throw LonghaulError(.notFound, "the file \(path) does not exist") }
            throw LonghaulError(.unavailable, "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        self.path = path
    }

    deinit { close(descriptor) }

    func read() throws(LonghaulError) -> [UInt8]? {
        var piece = [UInt8](repeating: 0, count: Self.pieceBytes)
        var count = Glibc.read(descriptor, &piece, piece.count)
        while count < 0 && errno == EINTR { count = Glibc.read(descriptor, &piece, piece.count) }
        guard count >= 0 else {
            throw LonghaulError(.unavailable, "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        return count == 0 ? nil : Array(piece[..<count])
    }
}
