/// Keeps how many values a label takes within a bound: the first so many stand for themselves, all that come
/// after them for ``other``.
struct LabelBound {
    /// What stands for every value beyond the bound.
    static let other = "other"
    /// The longest value that stands for itself, in bytes.
    private static let longest = 200

    private let bound: Int
    private var known: Set<String> = [other]

    init(_ bound: Int) {
        self.bound = bound
    }

    /// The label for a value.
    mutating func label(_ value: String) -> String {
        if known.contains(value) { return value }
        guard known.count <= bound, value.utf8.count <= Self.longest else { return Self.other }
        known.insert(value)
        return value
    }
}
