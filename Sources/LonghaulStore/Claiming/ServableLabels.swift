import LonghaulCore

/// The sets of required labels that a worker can serve, as the column stores them, in the order of the index. They
/// find the lanes of a worker without reading most of the other lanes.
package struct ServableLabels {
    /// The maximum number of labels of a worker for which all subsets (64) are listed.
    private static let maxListed = 6

    private let offered: [String: String]
    /// All subsets of the offered labels, in the order of the index; nil if there are too many.
    private let subsets: [String]?

    package init(_ offered: [String: String]) {
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

    /// Whether only jobs without required labels can be served.
    package var isEmpty: Bool { offered.isEmpty }

    /// Whether a job with these labels can be served.
    package func serves(_ text: String) throws -> Bool {
        try text.isEmpty || LabelRule.serves(offered, needed: TextCoding.labels(text))
    }

    /// The first index position after `text` at which servable jobs can be; nil if there is none.
    package func place(after text: String) -> String? {
        guard let subsets else { return text + "\u{1}" }
        return subsets.first { Self.comesBefore(text, $0) }
    }

    /// The order of the index: by bytes.
    private static func comesBefore(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}
