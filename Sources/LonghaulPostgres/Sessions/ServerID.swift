import LonghaulCore

/// The number by which those who share a database tell each other apart. The older a server, the lower; a process
/// that counts nothing itself, such as a worker, has one below zero, and what no process did has 0.
enum ServerID {
    /// A number for a process that starts now.
    static func make(counts: Bool, _ random: any RandomSource) -> Int64 {
        let moment = SystemTime().now().milliseconds
        let id = moment << 20 | Int64(random.next() >> 44)
        return counts ? id : -id
    }

    /// Whether whoever has the number counts what it changes.
    static func counts(_ id: Int64) -> Bool { id > 0 }
}
