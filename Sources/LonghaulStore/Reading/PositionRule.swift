/// The position of a job in a long list, without counting the whole list.
package enum PositionRule {
    /// The number of entries before one: exact near either end, and estimated in between, as if the entries had come at
    /// a constant rate.
    ///
    /// - Parameters:
    ///   - total: the number of entries.
    ///   - maxCounted: the maximum number of entries counted from each end.
    ///   - before: the number of entries before this one; any larger number if it is more than `maxCounted`.
    ///   - after: the same for the entries behind it.
    ///   - share: the share of the list's time span that lies before this entry, from 0 to 1.
    package static func position(
        of total: Int, maxCounted: Int, before: Int, after: () throws -> Int, share: () throws -> Double
    ) rethrows -> Int {
        guard before > maxCounted else { return before }
        let after = try after()
        guard after > maxCounted else { return max(before, total - 1 - after) }
        return maxCounted + Int(Double(max(0, total - 2 * maxCounted)) * (try share()))
    }
}
