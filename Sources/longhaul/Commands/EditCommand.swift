import LonghaulClient
import LonghaulCore

extension Commands {
    static let edit = jobAction(
        "edit", "Changes the priority, the time or the tags of jobs that wait.",
        [Options.newPriority, Options.newRunAt, Options.newTags, Options.removedTags]
    ) { invocation, client, id in
        try await client.edit(id, try jobEdit(invocation))
    }

    private static func jobEdit(_ invocation: Invocation) throws -> JobEdit {
        var edit = JobEdit(
            priority: try invocation.value(Options.newPriority), runAt: try invocation.value(Options.newRunAt)
        )
        for name in try invocation.value(Options.removedTags) { edit.tags.updateValue(nil, forKey: name) }
        for tag in try invocation.value(Options.newTags) {
            guard edit.tags[tag.key] == nil else {
                throw UsageError("the tag \(tag.key) is given twice", command: invocation.command.name)
            }
            edit.tags[tag.key] = tag.value
        }
        guard !edit.isEmpty else {
            throw UsageError(
                "expected --priority, --run-at, --tag or --remove-tag", command: invocation.command.name)
        }
        return edit
    }
}

extension Options {
    static let newPriority = Option.optional(
        "priority", "N", .integer(FieldBounds.priority),
        "\(FieldBounds.priority.lowerBound) to \(FieldBounds.priority.upperBound); higher runs sooner.")
    static let newRunAt = Option.optional(
        "run-at", "TIME", .comingMoment,
        "When the job is due: now, a time from now, such as 2h, or RFC 3339. A suspended job has no such time."
    )
    static let newTags = Option.list(
        "tag", "KEY=VALUE", .label, "Sets a tag; may be repeated. Other tags stay.")
    static let removedTags = Option.list("remove-tag", "KEY", .text, "Removes a tag; may be repeated.")
}

extension ValueReader where Value == Timestamp {
    /// A moment in RFC 3339, `now`, or a time from now.
    static let comingMoment = ValueReader(shape: .text) { text throws(BadValue) in
        if let moment = Timestamp(rfc3339: text) { return moment }
        guard let seconds = text == "now" ? 0 : TimeText.seconds(of: text),
            FieldBounds.seconds.contains(seconds)
        else {
            throw BadValue(
                expected:
                    "now, a time from now, such as 2h, or a time in RFC 3339, such as 2026-11-24T09:15:00Z",
                got: text)
        }
        return SystemTime().now().adding(seconds: seconds)
    }
}
