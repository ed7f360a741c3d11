import LonghaulCore

/// The number of a process that uses the database. Older servers have lower numbers. A process that does not report
/// metrics, such as a worker, has a negative number, and a change without a process has 0.
enum ServerID {
    /// A number for a process that starts now.
    static func make(counts: Bool, _ random: any RandomSource) -> Int64 {
        let moment = SystemTime().now().milliseconds
        let id = moment << 20 | Int64(random.next() >> 44)
        return counts ? id : -id
    }

    /// Whether the process of this number reports its changes in its metrics.
    static func counts(_ id: Int64) -> Bool { id > 0 }
}
