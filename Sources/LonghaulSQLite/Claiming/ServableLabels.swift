import LonghaulCore
import LonghaulStore

/// The sets of labels that jobs may need for a worker to be able to serve them, as their column has them, in
/// the order of the index. With them the lanes that a worker can serve are found without a look at most of
/// those that it cannot.
struct ServableLabels {
    /// Up to so many labels of a worker, every subset is listed: 64 of them.
    private static let maxListed = 6

    private let offered: [String: String]
    /// Every subset of what is offered, in the order of the index; nil if they are too many.
    private let subsets: [String]?

    init(_ offered: [String: String]) {
        self.offered = offered
        guard offered.count <= Self.maxListed else {
            subsets = nil
            return
        }
        var maps: [[String: String]] = [[:]]
        for (name, value) in offered {
            maps += maps.map { $0.merging([name: value]) { _, new in new } }
        }
        subsets = maps.map { TextCoding.encode(labels: $0) }.sorted(by: Self.comesBefore)
    }

    /// Whether only jobs that need nothing can be served.
    var isEmpty: Bool { offered.isEmpty }

    /// Whether a job with these labels can be served.
    func serves(_ text: String) throws -> Bool {
        try text.isEmpty || LabelRule.serves(offered, needed: TextCoding.labels(text))
    }

    /// The first place after `text` in the index at which there can be anything to serve; nil if there is
    /// none.
    func place(after text: String) -> String? {
        guard let subsets else { return text + "\u{1}" }
        return subsets.first { Self.comesBefore(text, $0) }
    }

    /// The order of the index: by bytes.
    private static func comesBefore(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}
