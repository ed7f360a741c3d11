import LonghaulCore
import LonghaulJSON

/// The schemas of executions.
extension APISchemas {
    static let executions: Group = [
        ("ExecutionStatus", .choice(ExecutionView.Status.self)),
        (
            "NewExecution",
            .request([
                .optional(
                    "name", Schema.stateName.described("The default is the identifier of the execution.")),
                .optional("input", Schema.any.described("Any JSON value. The default is {}.")),
                .optional(
                    "qualifier",
                    Schema.plain(StateMachineRules.qualifierLength).described(
                        "The number of a version, or an alias.")),
            ])
        ),
        (
            "Execution",
            .answer([
                .required("id", Schema.uuid.orNull.described("The job; null for an express execution.")),
                .required("name", .string()), .required("arn", .string()),
                .required("state_machine", .string()), .required("revision", .string()),
                .required("qualifier", Schema.string().orNull),
                .required("status", .named("ExecutionStatus")),
                .optional("input", .any), .optional("output", .any),
                .required("error", Schema.string().orNull), .required("cause", Schema.string().orNull),
                .required("started_at", .time), .required("ended_at", Schema.time.orNull),
                .required("redrive_count", .count), .required("redriven_at", Schema.time.orNull),
                .optional("open_states", .list(.named("OpenState"), 0...ExecutionView.maxParts)),
                .optional("map_runs", .list(.named("MapRun"), 0...ExecutionView.maxParts)),
            ])
        ),
        (
            "OpenState",
            .answer([
                .required("name", .string()),
                .required("type", Schema.string().described("The type in the definition, such as Task.")),
                .required(
                    "entry_event", .count.described("The number of the event with which it was entered.")),
                .required("entered_at", .time), .required("retry_count", .count),
            ])
        ),
        (
            "MapRun",
            .answer([
                .required("arn", .string()), .required("label", .string()),
                .required("status", .named("ExecutionStatus")), .required("started_at", .time),
                .required("ended_at", Schema.time.orNull),
                .required("max_concurrency", .count.described("0 for no limit.")),
                .required("items", .named("MapRunCounts")), .required("executions", .named("MapRunCounts")),
                .required("redrive_count", .count),
            ])
        ),
        (
            "MapRunCounts",
            .answer(
                ["pending", "running", "succeeded", "failed", "timed_out", "aborted", "total"].map {
                    .required($0, .count)
                })
        ),
        ("ExecutionPage", .page(of: .named("Execution"))),
        (
            "ExecutionStop",
            .request([
                .optional("error", .plain(ExecutionStop.errorLength)),
                .optional("cause", .plain(ExecutionStop.causeLength)),
            ])
        ),
        (
            "ExecutionEvent",
            .answer([
                .required("number", .count.described("From 1, without gaps.")),
                .required(
                    "previous", .count.described("The event that led to this one; 0 for the first one.")),
                .required("type", Schema.string().described("Such as task_state_entered.")),
                .required("at", .time), .required("details", Schema.any.with("type", "object")),
            ])
        ),
        ("ExecutionHistoryPage", .page(of: .named("ExecutionEvent"))),
    ]
}
