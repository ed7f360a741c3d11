import LonghaulCore

/// The options that describe a schedule.
enum ScheduleOptions {
    static let editor = Option.flag("editor", "Opens the schedule as JSON in $VISUAL or $EDITOR.")
    private static let paused = Option.optional(
        "paused", "true|false", .boolean, "Whether the schedule is paused.")
    private static let tags = Option.list(
        "tag", "KEY=VALUE", .label, "A tag of the jobs; may be repeated. edit keeps the other tags.")
    private static let removedTags = Option.list(
        "remove-tag", "KEY", .text, "Removes a tag of the jobs, for edit; may be repeated.")

    /// The options of fields.
    static let fields: [any DeclaredOption] = [
        Options.cron, Options.timeZone, Options.scheduleKind, Options.payload, Options.jobQueue,
        Options.priority, Options.maxAttempts, Options.timeout, Options.retention, tags, removedTags,
        Options.actor, Options.size, Options.needs, Options.callbackURL, Options.catchUp, paused,
    ]

    /// The schedule that the options describe, with defaults.
    static func spec(_ invocation: Invocation) throws -> ScheduleSpec {
        func needed<Value>(_ option: Option<Value?>) throws -> Value {
            guard let value = try invocation.value(option) else {
                throw UsageError("\(option.declaration.flag) is missing", command: invocation.command.name)
            }
            return value
        }
        let job = NewJob(JobSpec(kind: try needed(Options.scheduleKind)))
        return try apply(invocation, to: ScheduleSpec(cron: try needed(Options.cron), job: job))
    }

    /// A schedule with the fields whose options are given.
    static func apply(_ invocation: Invocation, to old: ScheduleSpec) throws -> ScheduleSpec {
        var spec = old
        if let cron = try invocation.value(Options.cron) { spec.cron = cron }
        if invocation.settings.isGiven(Options.timeZone) {
            spec.timeZone = try invocation.value(Options.timeZone)
        }
        if let catchUp = try invocation.value(Options.catchUp) { spec.catchUp = catchUp }
        if let isPaused = try invocation.value(paused) { spec.paused = isPaused }
        try apply(invocation, to: &spec.job)
        return spec
    }

    private static func apply(_ invocation: Invocation, to job: inout NewJob) throws {
        if let kind = try invocation.value(Options.scheduleKind) { job.spec.kind = kind }
        if invocation.settings.isGiven(Options.payload) {
            job.spec.payload = try Commands.payload(invocation, Options.payload)
        }
        if let queue = try invocation.value(Options.jobQueue) {
            job.spec.queue = queue
            job.namesDefaultQueue = queue == JobSpec.defaultQueue
        }
        if let priority = try invocation.value(Options.priority) { job.spec.priority = priority }
        if let attempts = try invocation.value(Options.maxAttempts) { job.spec.maxAttempts = attempts }
        if let timeout = try invocation.value(Options.timeout) { job.spec.timeoutSeconds = timeout }
        if let seconds = try invocation.value(Options.retention) { job.spec.retentionSeconds = seconds }
        if let actor = try invocation.value(Options.actor) { job.spec.actor = actor }
        if let size = try invocation.value(Options.size) { job.spec.size = Int64(size) }
        if let url = try invocation.value(Options.callbackURL) { job.spec.callbackURL = url }
        if invocation.settings.isGiven(Options.needs) {
            job.spec.labels = try invocation.labels(Options.needs)
        }
        for name in try invocation.value(removedTags) { job.spec.tags[name] = nil }
        for tag in try invocation.value(tags) { job.spec.tags[tag.key] = tag.value }
    }
}

extension ValueReader where Value == Bool {
    /// `true` or `false`.
    static let boolean = ValueReader(shape: .text) { text throws(BadValue) in
        guard let value = Bool(text) else { throw BadValue(expected: "true or false", got: text) }
        return value
    }
}
