internal import LonghaulCore
public import LonghaulStates

/// The tags of a machine or an activity.
public struct Tags: Sendable, Hashable {
    /// The values by their keys, in the order in which they were added.
    public private(set) var values = StateObject()

    /// No tags.
    public init() {}

    /// The tags in a record.
    init(stored: StateValue?) {
        values = stored?.object ?? StateObject()
    }

    /// The tags for a record.
    var stored: StateValue { .object(values) }

    /// The tags as `ListTagsForResource` shows them.
    var list: StateValue {
        .array(values.members.map { .members([("key", .string($0)), ("value", $1)]) })
    }

    /// Adds tags, or gives them other values.
    ///
    /// - Throws: `ValidationException` if one is not valid; `TooManyTags`.
    mutating func add(_ tags: StateValue?, maxCount: Int, of arn: String? = nil) throws(ServiceError) {
        for tag in tags?.array ?? [] {
            let key = tag["key"]?.string ?? ""
            let value = tag["value"]?.string ?? ""
            guard StateMachineRules.isTag(key, value) else {
                throw .invalid("Invalid tag: key '\(key.prefix(128))', value '\(value.prefix(256))'")
            }
            values[key] = .string(value)
        }
        guard values.count <= maxCount else {
            var details: [String: StateValue] = [:]
            if let arn { details["resourceName"] = .string(arn) }
            throw ServiceError(
                "TooManyTags", "A resource has at most \(maxCount) tags", details: details)
        }
    }

    /// Removes tags. Keys of no tag change nothing.
    mutating func remove(_ keys: StateValue?) {
        for key in keys?.array ?? [] {
            if let key = key.string { values[key] = nil }
        }
    }
}
