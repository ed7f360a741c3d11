import LonghaulJSON
import LonghaulStates

/// Compares what AWS recorded with what the interpreter made. Placeholders in the recording stand for any text; one
/// with an index stands for the same text everywhere.
struct Unification {
    /// Why two values differ.
    struct Difference: Error, CustomStringConvertible {
        let description: String
    }

    private static let alwaysFree: Set<String> = [
        "timestamp", "start-date", "stop-date", "date", "creation-date", "update-date", "redriveDate",
        "datetime", "time", "exec-date", "start_date", "stop_date",
    ]
    private static let ignoredKeys: Set<String> = [
        "ResponseMetadata", "timestamp", "SdkHttpMetadata", "SdkResponseMetadata", "traceHeader",
        "billingDetails",
    ]

    private let free: Set<String>
    private let pattern: PlaceholderPattern
    private var bound: [String: String] = [:]

    init(free: [String]) {
        self.free = Unification.alwaysFree.union(free.filter { !$0.isEmpty })
        pattern = PlaceholderPattern(words: free)
    }

    mutating func unify(_ want: StateValue, _ got: StateValue, at place: String = "$") throws {
        var got = got
        switch want {
        case .string(let text): return try unify(text, got, at: place)
        case .object, .array, .bool, .null, .number:
            if case .string(let text) = got, let parsed = try? StateValue(parsing: text) { got = parsed }
        }
        switch (want, got) {
        case (.object(let left), .object(let right)): try unify(left, right, at: place)
        case (.array(let left), .array(let right)):
            guard left.count == right.count else {
                throw Difference(description: "\(place): want \(left.count) items, got \(right.count)")
            }
            for (index, pair) in zip(left, right).enumerated() {
                try unify(pair.0, pair.1, at: "\(place)[\(index)]")
            }
        default:
            guard want == got else { throw different(place, want, got) }
        }
    }

    private mutating func unify(_ left: StateObject, _ right: StateObject, at place: String) throws {
        let wanted = Set(left.keys).subtracting(Unification.ignoredKeys)
        let found = Set(right.keys).subtracting(Unification.ignoredKeys)
        guard wanted == found else {
            let missing = wanted.subtracting(found).sorted()
            let unwanted = found.subtracting(wanted).sorted()
            throw Difference(description: "\(place): keys missing \(missing), unwanted \(unwanted)")
        }
        for key in wanted.sorted() {
            try unify(left[key] ?? .null, right[key] ?? .null, at: "\(place).\(key)")
        }
    }

    private mutating func unify(_ text: String, _ got: StateValue, at place: String) throws {
        if free.contains(text) || text.hasSuffix("-date") { return }
        if got.string == nil, pattern.isPlaceholder(text), got.bool == nil, !got.isNull { return }
        guard let found = got.string else { throw different(place, .string(text), got) }
        if text == found { return }
        if let left = Unification.container(text), let right = Unification.container(found) {
            return try unify(left, right, at: place + "(json)")
        }
        guard pattern.match(text, found, &bound) else { throw different(place, .string(text), got) }
    }

    /// The object or the array that a text holds.
    private static func container(_ text: String) -> StateValue? {
        guard let value = try? StateValue(parsing: text) else { return nil }
        return value.array != nil || value.object != nil ? value : nil
    }

    private func different(_ place: String, _ want: StateValue, _ got: StateValue) -> Difference {
        let left = want.json.description.prefix(300)
        let right = got.json.description.prefix(300)
        return Difference(description: "\(place): want \(left), got \(right)")
    }

    /// The text of a value with sorted keys and without its placeholders, for putting events in an order.
    func canonical(_ value: StateValue) -> String {
        pattern.removing(from: Unification.sorted(value).json.description)
    }

    private static func sorted(_ value: StateValue) -> StateValue {
        switch value {
        case .array(let elements): .array(elements.map { sorted($0) })
        case .object(let object):
            .members(object.members.sorted { $0.0 < $1.0 }.map { ($0.0, sorted($0.1)) })
        default: value
        }
    }
}
