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
    static let stateMachines: Group =
        [
            ("StateMachineDefinition", definition),
            (
                "StateMachineType",
                Schema.choice(StateMachineInfo.Kind.self).example("standard").described(
                    "`standard`: durable executions. `express`: executions in memory.")
            ),
            (
                "StateMachineSpec",
                .request([
                    .required("definition", givenDefinition),
                    .optional("type", .named("StateMachineType"), "The type, which cannot be changed."),
                    .optional(
                        "tags", tags, "Names and values. Without tags, the machine keeps those that it has."),
                ])
            ),
            (
                "NewStateMachine",
                .request([
                    .required("name", .stateName, "The name, unique among the machines."),
                    .required("definition", givenDefinition),
                    .optional(
                        "type", Schema.named("StateMachineType"),
                        "The type, which cannot be changed; `standard` if it is absent."),
                    .optional("tags", tags, "Names and values."),
                ])
            ),
            ("StateMachine", stateMachine),
            ("StateMachinePage", .page(of: .named("StateMachine"))),
            (
                "DefinitionCheck",
                .request([
                    .required("definition", givenDefinition),
                    .optional(
                        "type", Schema.named("StateMachineType").defaulting("standard"),
                        "The type of the machine."),
                ])
            ),
            (
                "DefinitionReport",
                .answer([
                    .required(
                        "is_valid", Schema.boolean.example(true), "Whether a machine can be created with it."),
                    .required(
                        "problems", Schema.list(.named("DefinitionProblem")).example(json: "[]"),
                        "Its errors and warnings."),
                ])
            ),
            (
                "DefinitionProblem",
                .answer([
                    .required(
                        "severity", .choice(DefinitionReport.Problem.Severity.self),
                        "`error`: no machine can be created. `warning`: it probably does not do what is meant."
                    ),
                    .required(
                        "code", Schema.string().example("MISSING_TRANSITION_TARGET"),
                        "AWS's code, such as MISSING_TRANSITION_TARGET."),
                    .required("message", .string(), "What is wrong."),
                    .required("pointer", .string(), "A JSON pointer that begins with /definition."),
                ])
            ),
            ("StateTest", stateTest), ("StateTestResult", testResult),
        ] + mocks

    private static let stateMachine = Schema.answer([
        .required("name", Schema.string().example("hello"), "The name of the machine."),
        .required(
            "arn", Schema.string().example("arn:aws:states:us-east-1:000000000000:stateMachine:hello"),
            "The name for the AWS protocol."),
        .required("type", .named("StateMachineType")),
        .required(
            "revision", Schema.string().example("01936f2a-7c3b-7e51-9d0f-3b6c1a2e4f58"),
            "Another one after each change of the definition."),
        .optional("definition", .named("StateMachineDefinition"), "The definition. Absent in lists."),
        .required("tags", Schema.map(.string()).example(json: "{}"), "Names and values."),
        .required("created_at", .time, "When it was created."),
        .required("updated_at", Schema.time.orNull, "When it was last changed; null if it was not."),
    ]).described("A state machine, as the server stores it.")

    private static let stateTest = Schema.request([
        .required("definition", givenDefinition),
        .optional("state", .plain(), "The state to test, if the definition is that of a machine."),
        .optional("input", .any, "The input of the state: any JSON value. The default is {}."),
        .optional("variables", Schema.any.with("type", "object"), "The variables of the machine."),
        .optional("context", Schema.any.with("type", "object"), "The context object."),
        .optional("mock", .named("StateTestMock"), "Replaces the work of the state."),
        .optional(
            "retry_count", .integer(0...1000), "The number of earlier retries of the state."),
    ])

    private static let mocks: Group = [
        ("StateTestMock", .oneOf([.named("MockedResult"), .named("MockedFailure")])),
        ("MockedResult", .request([.required("result", .any, "The result of the work: any JSON value.")])),
        ("MockedFailure", .request([.required("error", .named("MockedError"), "The error of the work.")])),
        (
            "MockedError",
            .request([
                .optional("error", .plain(), "The name of the error."),
                .optional("cause", .plain(), "The cause, for people."),
            ])
        ),
    ]

    private static let testResult = Schema.answer([
        .required(
            "status", .choice(["succeeded", "failed", "retriable", "caught_error"]), "How the state ended."),
        .required(
            "output", Schema.any.example(json: #"{"order": 7}"#),
            "The output of the state; null if it failed."),
        .required("error", Schema.string().orNull, "The name of the error; null without one."),
        .required("cause", Schema.string().orNull, "The cause of the error."),
        .required("next_state", Schema.string().orNull, "The state that follows; null at the end."),
        .required(
            "inspection", Schema.any.with("type", "object").example(json: "{}"),
            "The data between the steps of the state."),
    ])

    private static let definition = Schema.any.with("type", "object").described(
        "A definition in the Amazon States Language."
    ).example(json: #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}"#)
    private static let givenDefinition = Schema.anyOf([.named("StateMachineDefinition"), .string()])
        .described(
            "A definition in the Amazon States Language: an object, or a string that holds its text. At most 1 MiB."
        )
    private static let tags = Schema.map(
        .plain(StateMachineRules.tagValueLength), keys: .plain(StateMachineRules.tagKeyLength),
        upTo: StateMachineRules.tags.upperBound)
}
