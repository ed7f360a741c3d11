import LonghaulCore
import LonghaulJSON

extension Schema {
    /// The name of a state machine or an execution.
    static let stateName = string(
        StateMachineRules.nameLength,
        pattern: ##"^[^<>{}\[\]?*"#%\\^|~`$&,;:/\s\u0000-\u001f\u007f-\u009f]{1,80}$"##)
}

/// The schemas of state machines.
extension APISchemas {
    static let stateMachines: Group = [
        ("StateMachineDefinition", definition),
        ("StateMachineType", .choice(StateMachineInfo.Kind.self)),
        (
            "StateMachineSpec",
            .request([
                .required("definition", givenDefinition), .optional("type", .named("StateMachineType")),
                .optional("tags", tags),
            ])
        ),
        (
            "NewStateMachine",
            .request([
                .required("name", .stateName), .required("definition", givenDefinition),
                .optional("type", Schema.named("StateMachineType").defaulting("standard")),
                .optional("tags", tags),
            ])
        ),
        (
            "StateMachine",
            .answer([
                .required("name", .string()),
                .required("arn", Schema.string().described("The name for the AWS protocol.")),
                .required("type", .named("StateMachineType")),
                .required(
                    "revision",
                    Schema.string().described("Another one after each change of the definition.")),
                .optional("definition", Schema.named("StateMachineDefinition")),
                .required("tags", .map(.string())), .required("created_at", .time),
                .required("updated_at", Schema.time.orNull),
            ])
        ),
        ("StateMachinePage", .page(of: .named("StateMachine"))),
        (
            "DefinitionCheck",
            .request([
                .required("definition", givenDefinition),
                .optional("type", Schema.named("StateMachineType").defaulting("standard")),
            ])
        ),
        (
            "DefinitionReport",
            .answer([
                .required("is_valid", .boolean), .required("problems", .list(.named("DefinitionProblem"))),
            ])
        ),
        (
            "DefinitionProblem",
            .answer([
                .required("severity", .choice(DefinitionReport.Problem.Severity.self)),
                .required(
                    "code", Schema.string().described("AWS's code, such as MISSING_TRANSITION_TARGET.")),
                .required("message", .string()),
                .required(
                    "pointer", Schema.string().described("A JSON pointer that begins with /definition.")),
            ])
        ),
        (
            "StateTest",
            .request([
                .required("definition", givenDefinition), .optional("state", .plain()),
                .optional("input", .any), .optional("variables", Schema.any.with("type", "object")),
                .optional("context", Schema.any.with("type", "object")),
                .optional("mock", .named("StateTestMock")), .optional("retry_count", .integer(0...1000)),
            ])
        ),
        (
            "StateTestMock",
            .oneOf([
                .request([.required("result", .any)]),
                .request([
                    .required(
                        "error", .request([.optional("error", .plain()), .optional("cause", .plain())]))
                ]),
            ])
        ),
        (
            "StateTestResult",
            .answer([
                .required("status", .choice(["succeeded", "failed", "retriable", "caught_error"])),
                .required("output", .any), .required("error", Schema.string().orNull),
                .required("cause", Schema.string().orNull), .required("next_state", Schema.string().orNull),
                .required("inspection", Schema.any.with("type", "object")),
            ])
        ),
    ]

    private static let definition = Schema.any.with("type", "object").described(
        "A definition in the Amazon States Language.")
    private static let givenDefinition = Schema.anyOf([.named("StateMachineDefinition"), .string()])
        .described(
            "A definition in the Amazon States Language: an object, or a string that holds its text. At most 1 MiB."
        )
    private static let tags = Schema.map(
        .plain(StateMachineRules.tagValueLength), keys: .plain(StateMachineRules.tagKeyLength),
        upTo: StateMachineRules.tags.upperBound)
}
