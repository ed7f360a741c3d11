import LonghaulCore

/// The schemas of journals and signals.
extension APISchemas {
    static let journal: Group = [
        ("OperationType", .choice(OperationType.self)), ("OperationStatus", .choice(OperationStatus.self)),
        ("JournalOperation", operation), ("JournalPage", .page(of: .named("JournalOperation"))),
        ("OperationWait", wait), ("OperationUpdate", .oneOf(updates)), ("ChildJob", childJob),
        (
            "JournalUpdates",
            .request([
                .required("updates", .list(.named("OperationUpdate"), JournalLimits.updates))
            ])
        ),
        ("UpdatedOperations", .answer([.required("operations", .list(.named("JournalOperation")))])),
        (
            "SuspendRequest",
            .request([.required("on", .list(operationID, FieldBounds.suspendedOn))])
        ),
        (
            "SuspendAnswer",
            .anyOf([.named("Job"), .answer([.required("ready", .list(operationID))])]).described(
                "The suspended job. If operations have ended, their identifiers, and the lease continues.")
        ),
        ("OperationSelection", .request([.required("from", operationID)])),
        (
            "CompletionBody",
            .oneOf([
                .named("Completion"),
                .request([.required("continue_as_new", .request([.required("payload", .value)]))]),
            ])
        ),
        ("SignalValue", .value), ("SignalAnswer", .answer([.required("status", .choice(["accepted"]))])),
    ]

    private static let operationID = Schema.plain(FieldBounds.operationIDLength)
    private static let operationName = Schema.plain(FieldBounds.operationNameLength)

    private static let operation = Schema.answer([
        .required("id", .string()), .required("parent_id", Schema.string().orNull),
        .required("type", .named("OperationType")), .required("name", .string()),
        .required("status", .named("OperationStatus")), .required("attempt", .count),
        .required("input", .any), .required("output", .any),
        .required("error", Schema.named("JobError").orNull), .required("job_id", Schema.uuid.orNull),
        .required(
            "until",
            Schema.time.orNull.described(
                "When a timer ends, when the next attempt of a step is due, or when the wait for a signal ends."
            )),
        .required("started_at", .time), .required("ended_at", Schema.time.orNull),
        .required("number", .count.described("The position in the journal, from 1.")),
        .optional(
            "signal_token",
            .string().described(
                "While the operation waits for a signal, for workers and callers that may signal the job.")),
    ])

    private static let wait = Schema.answer([
        .required("id", .string()), .required("type", .named("OperationType")), .required("name", .string()),
        .required("until", Schema.time.orNull), .required("job_id", Schema.uuid.orNull),
    ])

    // MARK: Updates

    private static let updates: [Schema] = [
        update([.step, .group], .start, [input]),
        update([.marker], .start, [input, output]),
        update([.timer], .start, [input, .required("options", timerOptions)]),
        update(
            [.signal], .start,
            [
                input,
                .optional("options", .request([.optional("timeout_seconds", .seconds(FieldBounds.seconds))])),
            ]),
        update(
            [.job], .start,
            [input, .required("options", .request([.required("job", .named("ChildJob"))]))]),
        update([.step, .group], .succeed, [output]),
        update([.step, .group], .fail, [.required("error", .named("NewError"))]),
        update(
            [.step], .retry,
            [
                .required("error", .named("NewError")), .optional("options", retryOptions),
            ]),
        update([.timer, .signal, .job], .cancel, []),
    ]

    private static let input = Schema.Field.optional("input", .value)
    private static let output = Schema.Field.optional("output", .value)

    /// A timer has a length or an end.
    private static let timerOptions = Schema.oneOf([
        .request([.required("seconds", .seconds(FieldBounds.seconds))]),
        .request([.required("until", .givenTime)]),
    ])

    private static let retryOptions = Schema.request([
        .optional("delay_seconds", .seconds(FieldBounds.seconds)),
        .optional(
            "attempt",
            .integer(FieldBounds.stepAttempt).described(
                "The attempt that failed. Nothing happens if the step has had a later one, so that a repeated update does not "
                    + "count twice.")),
    ])

    private static func update(
        _ types: [OperationType], _ action: OperationUpdate.Action, _ fields: [Schema.Field]
    ) -> Schema {
        .request(
            [
                .required("id", operationID), .optional("parent_id", operationID),
                .required("type", .choice(types.map(\.rawValue))), .required("name", operationName),
                .required("action", .choice([action.rawValue])),
            ] + fields)
    }
}
