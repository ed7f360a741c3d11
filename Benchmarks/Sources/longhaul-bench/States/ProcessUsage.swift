import Foundation

/// What this process has used so far.
enum ProcessUsage {
    /// The maximum of its resident memory, in MiB.
    static var maximumMiB: Double { Double(usage.ru_maxrss) / 1024 }

    /// Its processor time, in seconds.
    static var processorSeconds: Double { seconds(usage.ru_utime) + seconds(usage.ru_stime) }

    private static var usage: rusage {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        return usage
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1e6
    }
}
