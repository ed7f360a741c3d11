/// Which queue a job goes to: rules, of which the first that fits decides.
public struct RoutingTable: Sendable, Hashable {

    /// A queue, and the jobs that go to it.
    public struct Rule: Sendable, Hashable {
        /// Patterns of kinds, in which `*` stands for any characters; empty for every kind.
        public var kinds: [String]
        /// What the queue's workers have: the rule fits only jobs whose labels these serve. Nil says nothing
        /// of them, and fits jobs whatever they need.
        public var labels: [String: String]?
        /// Where the jobs go.
        public var queue: String

        /// A rule that sends jobs to this queue.
        public init(kinds: [String] = [], labels: [String: String]? = nil, queue: String) {
            self.kinds = kinds
            self.labels = labels
            self.queue = queue
        }

        /// Whether a job fits the rule, apart from its size.
        public func matches(_ spec: JobSpec) -> Bool {
            guard kinds.isEmpty || kinds.contains(where: { Self.matches(spec.kind, pattern: $0) }) else {
                return false
            }
            return labels.map { LabelRule.serves($0, needed: spec.labels) } ?? true
        }

        /// Whether text fits a pattern: the parts between the stars occur in it in their order, the first at
        /// its beginning, the last at its end.
        static func matches(_ text: String, pattern: String) -> Bool {
            let text = Array(text.utf8)
            let pattern = Array(pattern.utf8)
            let star = UInt8(ascii: "*")
            var position = 0
            var place = 0
            // Where to go on if what follows the latest star does not fit: the star takes one byte more.
            var retry: (place: Int, position: Int)?
            while position < text.count {
                if place < pattern.count, pattern[place] == star {
                    retry = (place + 1, position)
                    place += 1
                } else if place < pattern.count, pattern[place] == text[position] {
                    place += 1
                    position += 1
                } else if let last = retry {
                    retry = (last.place, last.position + 1)
                    place = last.place
                    position = last.position + 1
                } else {
                    return false
                }
            }
            return pattern[place...].allSatisfy { $0 == star }
        }
    }

    /// The rules, the first one first.
    public var rules: [Rule]

    /// A table of these rules.
    public init(rules: [Rule] = []) {
        self.rules = rules
    }

    /// The queue of the first rule that fits a job and whose queue takes its size; nil if none does.
    ///
    /// - Parameter settings: the settings of a queue by its name.
    public func queue(for spec: JobSpec, settings: (String) -> QueueSettings?) -> String? {
        rules.first { rule in
            rule.matches(spec) && (settings(rule.queue)?.takes(size: spec.size) ?? true)
        }?.queue
    }

    /// Whether text is a pattern of kinds: 1–200 characters of those of a kind, and `*`.
    static func isPattern(_ text: String) -> Bool {
        FieldBounds.kindLength.contains(text.utf8.count)
            && text.utf8.allSatisfy {
                NameBytes.isNameByte($0) || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "*")
            }
    }
}
