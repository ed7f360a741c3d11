import LonghaulCore

/// Bounds how many values a label takes: a value has a label of its own while it is in use, and ``other`` stands for
/// all values beyond the bound.
///
/// A value that was not used for an hour gives its label back. Its series end then, and restart at zero if it is
/// used again; Prometheus treats that as a restart.
struct LabelBound {
    /// What stands for every value beyond the bound.
    static let other = "other"
    /// The longest value that has a label of its own, in bytes.
    private static let maxBytes = 100
    /// How long a label stays with a value that is not used, in seconds.
    static let retentionSeconds = 3600.0

    private let bound: Int
    private var usedAt: [String: Timestamp] = [:]
    /// No label is given back before this moment.
    private var nextExpiry = Timestamp(milliseconds: 0)

    init(_ bound: Int) {
        self.bound = bound
    }

    /// The label for a value that is in use now.
    mutating func label(_ value: String, at now: Timestamp) -> String {
        if value == Self.other { return value }
        if usedAt[value] != nil {
            usedAt[value] = now
            return value
        }
        guard usedAt.count < bound, value.utf8.count <= Self.maxBytes else { return Self.other }
        usedAt[value] = now
        return value
    }

    /// The label of a value, without using it.
    func known(_ value: String) -> String {
        usedAt[value] == nil ? Self.other : value
    }

    /// Takes labels back from values that were not used for an hour; answers those.
    mutating func expire(at now: Timestamp) -> Set<String> {
        guard now >= nextExpiry else { return [] }
        let horizon = now.adding(seconds: -Self.retentionSeconds)
        let expired = usedAt.filter { $0.value <= horizon }
        for value in expired.keys { usedAt[value] = nil }
        // A value that is used in between expires later. The check is then useless, and cheap.
        nextExpiry = usedAt.values.min()?.adding(seconds: Self.retentionSeconds) ?? now
        return Set(expired.keys)
    }
}
