import LonghaulConcurrency
import LonghaulCore
import LonghaulPlatform
import LonghaulStore

/// A copy of a store, made while others work on it.
public struct StoreBackup: Sendable {
    /// How many jobs the copy holds.
    public let jobs: Int
    /// How long the copy is, in bytes.
    public let sizeBytes: Int64

    /// Copies the store at `path` into a new file, as it stood at one moment: every change that was
    /// acknowledged before the call is in it. The copy is checked, durable, and there as a whole or not at all.
    ///
    /// A server that uses the store does not wait. Its write-ahead log grows during the copy.
    ///
    /// - Throws: ``LonghaulError`` `unavailable` if there is no store at `path`, if there is something at
    ///   `target` already, or if the copy cannot be written or is not sound.
    public static func make(of path: String, to target: String) async throws -> StoreBackup {
        do {
            return try await BlockingThread.run("lh-store-task") { try copy(path, to: target) }
        } catch {
            throw LonghaulError(error)
        }
    }

    private static let count = Query("SELECT count(*) FROM jobs")

    private static func copy(_ path: String, to target: String) throws -> StoreBackup {
        try StoreFile.expectStore(path)
        guard access(target, F_OK) != 0 else {
            throw LonghaulError(.unavailable, "\(target) exists already")
        }
        let part = target + ".part"
        unlink(part)
        try StoreFile.makeEmpty(part)
        do {
            let backup = try write(path, to: part)
            try sync(part)
            guard link(part, target) == 0 else {
                throw LonghaulError(.unavailable, "the copy \(target) cannot be created: \(systemError())")
            }
            unlink(part)
            try sync(folder(of: target))
            return backup
        } catch {
            unlink(part)
            throw error
        }
    }

    private static func write(_ path: String, to part: String) throws -> StoreBackup {
        let source = try StoreOpening(path: path, options: .init()).reader()
        defer { source.close() }
        let copy = try Connection(path: part, creating: true)
        defer { copy.close() }
        try source.copy(to: copy)
        let faults = try copy.texts("PRAGMA quick_check(1)").filter { $0 != "ok" }
        if let fault = faults.first {
            throw LonghaulError(.unavailable, "the copy of \(path) is damaged: \(fault)")
        }
        return StoreBackup(
            jobs: try copy.first(Self.count) { $0.int(0) } ?? 0,
            sizeBytes: try copy.pragma("page_count") * copy.pragma("page_size"))
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func sync(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw LonghaulError(.unavailable, "\(path) cannot be opened: \(systemError())")
        }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw LonghaulError(.unavailable, "\(path) cannot be flushed to the disk: \(systemError())")
        }
    }
}
