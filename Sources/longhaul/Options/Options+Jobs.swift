import LonghaulCore

// The options of commands that select, submit and show jobs.
extension Options {
    // MARK: Filters

    static let jobErrorType = Option.optional(
        "error-type", "TYPE", .text, "Only jobs that failed for good with an error of this type.")
    static let since = Option.optional(
        "since", "TIME", .moment,
        "Only jobs submitted since then: a time before now, such as 2h, or RFC 3339.")
    static let until = Option.optional(
        "until", "TIME", .moment,
        "Only jobs submitted before then: a time before now, such as 2h, or RFC 3339.")
    static let search = Option.optional(
        "search", "TEXT", .text, "Only jobs with this text in their ID, kind, error or payload.")
    static let everyJob = Option.flag("all", "Selects every job that matches, or every job without a filter.")
    static let selectionLimit = Option.optional(
        "limit", short: "n", "N", .integer(1...1_000_000),
        "Selects at most this number of jobs, the newest first.")
    static let countOnly = Option.flag("dry-run", "Only counts the jobs.")

    /// The filters of commands on jobs.
    static let jobFilters: [any DeclaredOption] = [
        states, queueFilter, kindFilter, actorFilter, tagFilter, jobErrorType, since, until, search,
    ]

    // MARK: Submissions

    static let runAt = Option.optional(
        "run-at", "TIME", .instant, "Makes the job due at this time, in RFC 3339. Excludes --delay.")
    static let expiresAt = Option.optional(
        "expires-at", "TIME", .instant, "Cancels the job if it has not started by this time, in RFC 3339.")
    static let retention = Option.optional(
        "retention", "TIME", .seconds(atLeast: 0), fallback: "the server's",
        "How long the job is kept after its end.")
    static let parent = Option.optional("parent", "ID", .jobID, "The job of which this one is a child.")
    static let uniqueBy = Option.list(
        "unique-by", "FIELD,…", .uniquePart, commas: true,
        "Returns an earlier job with the same fields in place of a new one: kind, queue, payload or actor.")

    // MARK: Lists and logs

    static let columns = Option.list(
        "columns", "NAME,…", .jobColumn, commas: true,
        fallback: "id,kind,queue,state,attempt,age,note",
        "The columns: \(JobTableColumn.names). May be repeated.")
    static let attempt = Option.optional(
        "attempt", "N", .integer(1...FieldBounds.maxAttempts.upperBound), "Only lines of this attempt.")
    static let tail = Option.optional(
        "tail", short: "n", "N", .integer(1...10_000), "Only the last lines.")
    static let minLevel = Option.optional(
        "level", "LEVEL", .logLevel, "Only lines of this level or above: debug, info, warning or error.")
}

extension ValueReader where Value == Timestamp {
    /// A moment in RFC 3339.
    static let instant = ValueReader(shape: .text) { text throws(BadValue) in
        guard let moment = Timestamp(rfc3339: text) else {
            throw BadValue(expected: "a time in RFC 3339, such as 2026-11-24T09:15:00Z", got: text)
        }
        return moment
    }

    /// A moment in RFC 3339, or as a time before now.
    static let moment = ValueReader(shape: .text) { text throws(BadValue) in
        if let moment = Timestamp(rfc3339: text) { return moment }
        guard let seconds = TimeText.seconds(of: text), FieldBounds.seconds.contains(seconds) else {
            throw BadValue(
                expected:
                    "a time before now, such as 2h, or a time in RFC 3339, such as 2026-11-24T09:15:00Z",
                got: text)
        }
        return SystemTime().now().adding(seconds: -seconds)
    }
}

extension ValueReader where Value == LogLine.Level {
    /// A level of log lines.
    static let logLevel = ValueReader(shape: .text) { text throws(BadValue) in
        guard let level = LogLine.Level(rawValue: text) else {
            throw BadValue(expected: "debug, info, warning or error", got: text)
        }
        return level
    }
}

extension ValueReader where Value == JobTableColumn {
    /// A column of a list of jobs.
    static let jobColumn = ValueReader(shape: .text) { text throws(BadValue) in
        guard let column = JobTableColumn(rawValue: text) else {
            throw BadValue(expected: "one of " + JobTableColumn.names, got: text)
        }
        return column
    }
}

extension ValueReader where Value == UniqueRule.Part {
    /// A field of a rule that identifies duplicates.
    static let uniquePart = ValueReader(shape: .text) { text throws(BadValue) in
        guard let part = UniqueRule.Part(rawValue: text) else {
            throw BadValue(expected: "kind, queue, payload or actor", got: text)
        }
        return part
    }
}
