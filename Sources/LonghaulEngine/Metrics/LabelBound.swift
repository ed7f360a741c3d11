package import LonghaulCore

/// Bounds the number of values of a metric's label. A value that is in use has a label of its own; the values beyond the
/// bound share the label ``other``.
///
/// A value loses its label when it was not used for an hour. Its series end then. If it is used again, they restart at
/// zero, which Prometheus treats as a restart of the server.
package struct LabelBound {
    /// The label of all values beyond the bound.
    package static let other = "other"
    /// The maximum length of a value with a label of its own, in bytes.
    private static let maxBytes = 100
    /// The time after which an unused value loses its label, in seconds.
    package static let retentionSeconds = 3600.0

    private let bound: Int
    private var usedAt: [String: Timestamp] = [:]
    /// No value loses its label before this time.
    private var nextExpiry = Timestamp(milliseconds: 0)

    package init(_ bound: Int) {
        self.bound = bound
    }

    /// The label of a value, which is used now.
    package mutating func label(_ value: String, at now: Timestamp) -> String {
        if value == Self.other { return value }
        if usedAt[value] != nil {
            usedAt[value] = now
            return value
        }
        guard usedAt.count < bound, value.utf8.count <= Self.maxBytes else { return Self.other }
        usedAt[value] = now
        return value
    }

    /// The label of a value. This does not count as a use.
    package func known(_ value: String) -> String {
        usedAt[value] == nil ? Self.other : value
    }

    /// Removes the labels of values that were not used for an hour. Returns these values.
    package mutating func expire(at now: Timestamp) -> Set<String> {
        guard now >= nextExpiry else { return [] }
        let horizon = now.adding(seconds: -Self.retentionSeconds)
        let expired = usedAt.filter { $0.value <= horizon }
        for value in expired.keys { usedAt[value] = nil }
        // If the value is used in between, the next search finds nothing. That is rare and cheap.
        nextExpiry = usedAt.values.min()?.adding(seconds: Self.retentionSeconds) ?? now
        return Set(expired.keys)
    }
}
