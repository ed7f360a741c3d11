import LonghaulCore
import LonghaulJSON

/// The schemas of executions.
extension APISchemas {
    static let executions: Group = [
        (
            "ExecutionStatus",
            Schema.choice(ExecutionView.Status.self).example("succeeded").described(
                "Where the execution stands. All but `running` are final.")
        ),
        (
            "NewExecution",
            .request([
                .optional("name", .stateName, "The name. The default is the identifier of the execution."),
                .optional("input", .any, "Any JSON value. The default is {}."),
                .optional(
                    "qualifier", .plain(StateMachineRules.qualifierLength),
                    "The number of a version, or an alias."),
            ])
        ),
        ("Execution", execution), ("OpenState", openState), ("MapRun", mapRun),
        ("MapRunCounts", mapRunCounts),
        ("ExecutionPage", .page(of: .named("Execution"))),
        (
            "ExecutionStop",
            .request([
                .optional("error", .plain(ExecutionStop.errorLength), "The name of the error."),
                .optional("cause", .plain(ExecutionStop.causeLength), "The cause, for people."),
            ])
        ),
        (
            "ExecutionEvent",
            .answer([
                .required(
                    "number", Schema.count.example(1), "The number of the event, from 1, without gaps."),
                .required("previous", .count, "The event that led to this one; 0 for the first one."),
                .required(
                    "type", Schema.string().example("execution_started"), "Such as task_state_entered."),
                .required("at", .time, "When it happened."),
                .required(
                    "details", Schema.any.with("type", "object").example(json: #"{"input": "{}"}"#),
                    "What happened. The fields depend on the type."),
            ])
        ),
        ("ExecutionHistoryPage", .page(of: .named("ExecutionEvent"))),
    ]

    private static let execution = Schema.answer([
        .required(
            "id", Schema.uuid.orNull.example("01936f2a-7c3b-7e51-9d0f-3b6c1a2e4f58"),
            "The job; null for an express execution."),
        .required("name", Schema.string().example("order-7"), "The name, unique among those of the machine."),
        .required(
            "arn", Schema.string().example("arn:aws:states:us-east-1:000000000000:execution:hello:order-7"),
            "The name for the AWS protocol."),
        .required("state_machine", Schema.string().example("hello"), "The name of the machine."),
        .required(
            "revision", Schema.string().example("01936f2a-7c3b-7e51-9d0f-3b6c1a2e4f58"),
            "The revision of the machine that it runs."),
        .required("qualifier", Schema.string().orNull, "The version or the alias with which it was started."),
        .required("status", .named("ExecutionStatus")),
        .optional("input", Schema.any.example(json: #"{"order": 7}"#), "The input. Absent in lists."),
        .optional("output", Schema.any.example(json: #"{"order": 7}"#), "The output. Absent in lists."),
        .required("error", Schema.string().orNull, "The name of the error; null without one."),
        .required("cause", Schema.string().orNull, "The cause of the error."),
        .required("started_at", .time, "When it started."),
        .required("ended_at", Schema.time.orNull.example("2026-11-24T09:15:01.500Z"), "When it ended."),
        .required("redrive_count", .count, "The number of its redrives."),
        .required("redriven_at", Schema.time.orNull, "When it was last redriven."),
        .optional(
            "open_states", Schema.list(.named("OpenState"), 0...ExecutionView.maxParts).example(json: "[]"),
            "The states that were entered and not left. Absent in lists."),
        .optional(
            "map_runs", Schema.list(.named("MapRun"), 0...ExecutionView.maxParts).example(json: "[]"),
            "The runs of distributed maps. Absent in lists."),
    ]).described("An execution of a state machine.")

    private static let openState = Schema.answer([
        .required("name", .string(), "The name of the state."),
        .required("type", Schema.string().example("Task"), "The type in the definition, such as Task."),
        .required("entry_event", .count, "The number of the event with which it was entered."),
        .required("entered_at", .time, "When it was entered."),
        .required("retry_count", .count, "The number of its retries."),
    ])

    private static let mapRun = Schema.answer([
        .required("arn", .string(), "The name for the AWS protocol."),
        .required("label", .string(), "The label of the map state."),
        .required("status", .named("ExecutionStatus")),
        .required("started_at", .time, "When it started."),
        .required("ended_at", Schema.time.orNull, "When it ended."),
        .required(
            "max_concurrency", .count,
            "The maximum number of child executions that run at once; 0 for no limit."),
        .required("items", .named("MapRunCounts"), "The number of items by state."),
        .required("executions", .named("MapRunCounts"), "The number of child executions by state."),
        .required("redrive_count", .count, "The number of its redrives."),
    ])

    private static let mapRunCounts = Schema.answer(
        [
            ("pending", "Not started."), ("running", "Running."), ("succeeded", "Ended with success."),
            ("failed", "Ended with an error."), ("timed_out", "Ended by their timeout."),
            ("aborted", "Stopped."), ("total", "All of them."),
        ].map { .required($0.0, .count, $0.1) })
}
