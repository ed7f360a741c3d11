/// Chooses the queue of a job. The first matching rule decides.
public struct RoutingTable: Sendable, Hashable {

    /// A queue, and the conditions for its jobs.
    public struct Rule: Sendable, Hashable {
        /// Patterns of kinds, in which `*` matches any characters; empty for every kind.
        public var kinds: [String]
        /// The labels of the queue's workers. The rule matches only jobs that such a worker serves. Nil matches all
        /// jobs.
        public var labels: [String: String]?
        /// The queue.
        public var queue: String

        /// A rule that sends jobs to this queue.
        public init(kinds: [String] = [], labels: [String: String]? = nil, queue: String) {
            self.kinds = kinds
            self.labels = labels
            self.queue = queue
        }

        /// Whether a job matches the rule, without its size.
        public func matches(_ spec: JobSpec) -> Bool {
            guard kinds.isEmpty || kinds.contains(where: { Self.matches(spec.kind, pattern: $0) }) else {
                return false
            }
            return labels.map { LabelRule.serves($0, needed: spec.labels) } ?? true
        }

        /// Whether a text matches a pattern. The parts between the stars occur in the text in this order, the first
        /// part at its beginning and the last part at its end.
        static func matches(_ text: String, pattern: String) -> Bool {
            let text = Array(text.utf8)
            let pattern = Array(pattern.utf8)
            let star = UInt8(ascii: "*")
            var position = 0
            var place = 0
            // If the part after the latest star does not match, the star takes one more byte.
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

    /// The rules, in order.
    public var rules: [Rule]

    /// A table of these rules.
    public init(rules: [Rule] = []) {
        self.rules = rules
    }

    /// The queue of the first rule that matches a job and whose queue accepts its size; nil if there is none.
    ///
    /// - Parameter settings: the settings of a queue by its name.
    public func queue(for spec: JobSpec, settings: (String) -> QueueSettings?) -> String? {
        rules.first { rule in
            rule.matches(spec) && (settings(rule.queue)?.takes(size: spec.size) ?? true)
        }?.queue
    }

    /// Whether the text is a valid pattern of kinds: 1–200 characters of a kind, or `*`.
    static func isPattern(_ text: String) -> Bool {
        FieldBounds.kindLength.contains(text.utf8.count)
            && text.utf8.allSatisfy {
                NameBytes.isNameByte($0) || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "*")
            }
    }
}
