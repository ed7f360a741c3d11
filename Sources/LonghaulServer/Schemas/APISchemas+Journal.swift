import LonghaulCore

/// The schemas of journals and signals.
extension APISchemas {
    static let journal: Group =
        [
            (
                "OperationType",
                Schema.choice(OperationType.self).example("step").described(
                    "`step`: work. `timer`, `signal` and `job` wait. `group`: other operations. `marker`: a recorded value."
                )
            ),
            (
                "OperationStatus",
                Schema.choice(OperationStatus.self).example("succeeded").described(
                    "Where the operation stands.")
            ),
            ("JournalOperation", operation), ("JournalPage", .page(of: .named("JournalOperation"))),
            ("OperationWait", wait), ("OperationUpdate", .oneOf(updates.map { .named($0.name) })),
            ("ChildJob", childJob),
            (
                "JournalUpdates",
                .request([
                    .required(
                        "updates", .list(.named("OperationUpdate"), JournalLimits.updates),
                        "The updates, all of which are made, or none.")
                ])
            ),
            (
                "UpdatedOperations",
                .answer([
                    .required(
                        "operations", .list(.named("JournalOperation")),
                        "Each operation as it now stands, in order.")
                ])
            ),
            (
                "SuspendRequest",
                .request([
                    .required(
                        "on", .list(operationID, FieldBounds.suspendedOn),
                        "The operations that the job waits for.")
                ])
            ),
            (
                "SuspendAnswer",
                .anyOf([
                    .named("Job"),
                    .answer([
                        .required("ready", .list(operationID), "The operations in `on` that have ended.")
                    ]),
                ]).described(
                    "The suspended job. If operations have ended, their identifiers, and the lease continues."
                )
            ),
            (
                "OperationSelection",
                .request([.required("from", operationID, "The first operation to run again.")])
            ),
            (
                "CompletionBody",
                .oneOf([
                    .named("Completion"), .named("NewBeginning"),
                ])
            ),
            (
                "NewBeginning",
                .request([
                    .required(
                        "continue_as_new", .named("NewPayload"),
                        "The job begins again with another payload and an empty journal.")
                ])
            ),
            ("NewPayload", .request([.required("payload", .value, "The payload of the job.")])),
            ("SignalValue", .value),
            (
                "SignalAnswer",
                .answer([.required("status", .choice(["accepted"]), "The signal is stored.")])
            ),
        ] + updates + updateOptions

    private static let operationID = Schema.plain(FieldBounds.operationIDLength).example("0.2")
    private static let operationName = Schema.plain(FieldBounds.operationNameLength).example("create account")

    private static let operation = Schema.answer([
        .required("id", Schema.string().example("0.2"), "The identifier, which the code of the job makes."),
        .required("parent_id", Schema.string().orNull, "The group that contains it; null without one."),
        .required("type", .named("OperationType")),
        .required("name", Schema.string().example("create account"), "The name, for people."),
        .required("status", .named("OperationStatus")),
        .required("attempt", Schema.count.example(1), "The number of the attempt of a step."),
        .required("input", Schema.any.example(json: "null"), "The recorded input."),
        .required("output", Schema.any.example(json: #"{"id": 7}"#), "The recorded output."),
        .required(
            "error", Schema.named("JobError").orNull, "Why it failed, or the last attempt of a step did."),
        .required("job_id", Schema.uuid.orNull, "The child job of an operation of the type `job`."),
        .required(
            "until", Schema.time.orNull,
            "When a timer ends, when the next attempt of a step is due, or when the wait for a signal ends."),
        .required("started_at", .time, "When it started."),
        .required("ended_at", Schema.time.orNull.example("2026-11-24T09:15:00.123Z"), "When it ended."),
        .required("number", Schema.count.example(1), "The position in the journal, from 1."),
        .optional(
            "signal_token", .string(),
            "While the operation waits for a signal, for workers and callers that may signal the job."),
    ]).described("A recorded operation of a durable job.")

    private static let wait = Schema.answer([
        .required("id", .string(), "The identifier of the operation."),
        .required("type", .named("OperationType")),
        .required("name", .string(), "Its name."),
        .required("until", Schema.time.orNull, "When the wait ends; null for no limit."),
        .required("job_id", Schema.uuid.orNull, "The child job that it waits for."),
    ]).described("An operation that a suspended job waits for.")

    // MARK: Updates

    /// The forms of an update. Each has a name, because generators of clients need one.
    private static let updates: Group = [
        ("WorkStart", update([.step, .group], .start, [input])),
        ("MarkerStart", update([.marker], .start, [input, output])),
        (
            "TimerStart",
            update(
                [.timer], .start, [input, .required("options", .named("TimerEnd"), "When the timer ends.")])
        ),
        (
            "SignalStart",
            update(
                [.signal], .start, [input, .optional("options", .named("SignalWait"), "How long it waits.")])
        ),
        (
            "JobStart",
            update(
                [.job], .start, [input, .required("options", .named("ChildSubmission"), "What it submits.")])
        ),
        ("WorkSuccess", update([.step, .group], .succeed, [output])),
        ("WorkFailure", update([.step, .group], .fail, [error])),
        (
            "StepRetry",
            update(
                [.step], .retry,
                [error, .optional("options", .named("RetryTime"), "When the next attempt is due.")])
        ),
        ("WaitCancellation", update([.timer, .signal, .job], .cancel, [])),
    ]

    private static let updateOptions: Group = [
        ("TimerEnd", .oneOf([.named("TimerLength"), .named("TimerMoment")])),
        (
            "TimerLength",
            .request([
                .required("seconds", .seconds(FieldBounds.seconds), "The length of the timer, in seconds.")
            ])
        ),
        ("TimerMoment", .request([.required("until", .givenTime, "The end of the timer.")])),
        (
            "SignalWait",
            .request([
                .optional("timeout_seconds", .seconds(FieldBounds.seconds), "The maximum wait, in seconds.")
            ])
        ),
        ("ChildSubmission", .request([.required("job", .named("ChildJob"), "The child job.")])),
        (
            "RetryTime",
            .request([
                .optional(
                    "delay_seconds", .seconds(FieldBounds.seconds),
                    "The delay before the next attempt, in seconds."),
                .optional(
                    "attempt", .integer(FieldBounds.stepAttempt),
                    "The attempt that failed. Nothing happens if the step has had a later one, so that a repeated update "
                        + "does not count twice."),
            ])
        ),
    ]

    private static let input = Schema.Field.optional(
        "input", .value, "Any JSON value, recorded for people.")
    private static let output = Schema.Field.optional(
        "output", .value, "The output: any JSON value, nested at most \(ValueRule.maxDepth) deep.")
    private static let error = Schema.Field.required("error", .named("StepError"), "Why it failed.")

    private static func update(
        _ types: [OperationType], _ action: OperationUpdate.Action, _ fields: [Schema.Field]
    ) -> Schema {
        .request(
            [
                .required("id", operationID, "The identifier of the operation."),
                .optional("parent_id", operationID, "The group that contains it."),
                .required("type", .choice(types.map(\.rawValue)), "The type of the operation."),
                .required("name", operationName, "The name of the operation."),
                .required("action", .choice([action.rawValue]), "The change."),
            ] + fields)
    }
}
