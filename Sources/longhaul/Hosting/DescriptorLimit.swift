import Glibc
import LonghaulCore

/// The limit of open files of this process. Each connection needs one descriptor.
enum DescriptorLimit {
    /// Descriptors for files, listeners and the store, besides the connections of clients.
    private static let reserve: rlim_t = 256

    /// Raises the soft limit of open files to the hard limit, as far as `connections` need it. Logs a warning if the
    /// hard limit is too low.
    static func raise(for connections: Int) {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        let needed = rlim_t(connections) + reserve
        guard limit.rlim_cur < needed else { return }
        limit.rlim_cur = min(needed, limit.rlim_max)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        guard limit.rlim_cur < needed else { return }
        EventLog.log(
            Note(
                "the system allows \(limit.rlim_cur) open files, fewer than \(connections) connections need: raise "
                    + "the limit (ulimit -n, LimitNOFILE) or lower --max-connections", level: .warning))
    }
}
