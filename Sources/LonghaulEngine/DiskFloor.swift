public import LonghaulCore
import LonghaulPlatform
import Synchronization

/// Rejects new work while the free disk space is below a minimum, so that accepted jobs can still be completed.
///
/// The free space is measured at most once a second. Submissions and uploads need it; completions, failures and
/// heartbeats do not.
public final class DiskFloor: Sendable {
    /// A measurement of a file system.
    public struct Disk: Sendable, Hashable {
        /// The configured folder on the file system.
        public let folder: String
        /// The number of bytes that this process may write.
        public let freeBytes: Int64
        /// The minimum of ``freeBytes``.
        public let minFreeBytes: Int64

        /// Whether the free space is below the minimum.
        public var isLow: Bool { freeBytes < minFreeBytes }
    }

    private struct State {
        var disks: [Disk] = []
        var measuredAt: Timestamp?
        var rejected = 0
        var failures = 0
    }

    private static let maxAgeSeconds = 1.0
    private static let retryAfterSeconds = 10.0

    private let folders: [String]
    private let minFreeBytes: Int64?
    private let time: any TimeSource
    private let state = Mutex(State())

    /// Creates a floor for the file systems of these folders.
    ///
    /// - Parameter minFreeBytes: the minimum free space; nil for ``defaultBytes(ofTotal:)``, 0 for no minimum.
    public init(folders: [String], minFreeBytes: Int64?, time: any TimeSource) {
        self.time = time
        self.folders = folders
        self.minFreeBytes = minFreeBytes
    }

    /// The default minimum for a file system of this size: 5 % of it, and at most 256 MiB.
    public static func defaultBytes(ofTotal bytes: Int64) -> Int64 { min(256 << 20, bytes / 20) }

    /// The measurements of all file systems, at most one second old.
    public var disks: [Disk] {
        let now = time.now()
        let known = state.withLock { state -> [Disk]? in
            guard let at = state.measuredAt, abs(now.seconds(since: at)) < Self.maxAgeSeconds else {
                return nil
            }
            return state.disks
        }
        if let known { return known }
        let disks = folders.compactMap(measure)
        state.withLock { state in
            state.disks = disks
            state.measuredAt = now
        }
        return disks
    }

    /// The number of times that ``check()`` has thrown.
    public var rejected: Int { state.withLock(\.rejected) }

    /// The number of measurements that failed. A file system that cannot be measured does not reject work.
    public var failures: Int { state.withLock(\.failures) }

    /// Whether there are folders to measure.
    var isActive: Bool { !folders.isEmpty }

    /// Throws `unavailable` while the free space of a file system is below the minimum.
    public func check() throws(LonghaulError) {
        guard !folders.isEmpty, let low = disks.first(where: \.isLow) else { return }
        state.withLock { $0.rejected += 1 }
        throw LonghaulError(
            .unavailable,
            "the disk is almost full: \(low.freeBytes) bytes are free, and new work needs at least "
                + "\(low.minFreeBytes) (min_free_disk_bytes)", retryAfterSeconds: Self.retryAfterSeconds)
    }

    /// The size of a number of blocks. A size that no `Int64` holds is the largest `Int64`: network file systems report
    /// such sizes.
    static func bytes(blocks: UInt64, size: UInt64) -> Int64 {
        let (bytes, isTooLarge) = blocks.multipliedReportingOverflow(by: size)
        return isTooLarge ? .max : Int64(clamping: bytes)
    }

    private func measure(_ folder: String) -> Disk? {
        var facts = statvfs()
        guard statvfs(folder, &facts) == 0 else {
            state.withLock { $0.failures += 1 }
            return nil
        }
        func bytes(_ blocks: UInt) -> Int64 {
            Self.bytes(blocks: UInt64(blocks), size: UInt64(facts.f_frsize))
        }
        return Disk(
            folder: folder, freeBytes: bytes(facts.f_bavail),
            minFreeBytes: minFreeBytes ?? Self.defaultBytes(ofTotal: bytes(facts.f_blocks)))
    }
}
