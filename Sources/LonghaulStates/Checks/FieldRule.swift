/// What a field of a state may hold.
struct FieldRule: Sendable {
    /// The query languages of the states that may have the field; nil for both.
    var language: CheckedLanguage?
    let kind: Kind

    /// The kinds of values.
    enum Kind: Sendable {
        case string, bool, any, object
        /// A number in a range; text of an expression too, if the state uses JSONata.
        case number(NumberRange)
        /// A timestamp, or an expression.
        case timestamp
        /// A path to one or more values. `null` selects an empty object.
        case path
        /// A path to one place, where the state reads a single value.
        case reference
        /// A path to the place for the result, or `null`.
        case resultPath
        /// A path or a call of an intrinsic function.
        case pathExpression
        /// A value with fields whose names end with `.$`, or with `{% … %}`.
        case template
        /// A value with `{% … %}`, or a text.
        case text
        /// Checked by code of its own.
        case special
    }

    /// A range of numbers.
    struct NumberRange: Sendable {
        let isInteger: Bool
        let minimum: Double
        var maximum: Double = 99_999_999
    }

    init(_ kind: Kind, _ language: CheckedLanguage? = nil) {
        self.kind = kind
        self.language = language
    }

    private static func integer(from minimum: Double, to maximum: Double = 99_999_999) -> Kind {
        .number(NumberRange(isInteger: true, minimum: minimum, maximum: maximum))
    }

    private static let common: [String: FieldRule] = [
        "Type": FieldRule(.special), "Comment": FieldRule(.string), "QueryLanguage": FieldRule(.special),
    ]

    private static let flow: [String: FieldRule] = ["Next": FieldRule(.special), "End": FieldRule(.bool)]

    private static let data: [String: FieldRule] = [
        "InputPath": FieldRule(.path, .jsonPath), "OutputPath": FieldRule(.path, .jsonPath),
        "Output": FieldRule(.template, .jsonata),
    ]

    private static let assignment: [String: FieldRule] = ["Assign": FieldRule(.special)]

    private static let work: [String: FieldRule] = [
        "Parameters": FieldRule(.template, .jsonPath), "ResultSelector": FieldRule(.template, .jsonPath),
        "ResultPath": FieldRule(.resultPath, .jsonPath), "Retry": FieldRule(.special),
        "Catch": FieldRule(.special),
    ]

    /// The fields of each type of state.
    static let byType: [String: [String: FieldRule]] = [
        "Pass": merge(
            common, flow, data, assignment,
            [
                "Parameters": FieldRule(.template, .jsonPath), "Result": FieldRule(.any, .jsonPath),
                "ResultPath": FieldRule(.resultPath, .jsonPath),
            ]),
        "Task": merge(
            common, flow, data, assignment, work,
            [
                "Resource": FieldRule(.special), "Arguments": FieldRule(.template, .jsonata),
                "TimeoutSeconds": FieldRule(integer(from: 1)),
                "TimeoutSecondsPath": FieldRule(.reference, .jsonPath),
                "HeartbeatSeconds": FieldRule(integer(from: 1)),
                "HeartbeatSecondsPath": FieldRule(.reference, .jsonPath), "Credentials": FieldRule(.template),
            ]),
        "Choice": merge(
            common, data, assignment, ["Choices": FieldRule(.special), "Default": FieldRule(.string)]),
        "Wait": merge(
            common, flow, data, assignment,
            [
                "Seconds": FieldRule(integer(from: 0)), "SecondsPath": FieldRule(.reference, .jsonPath),
                "Timestamp": FieldRule(.timestamp), "TimestampPath": FieldRule(.reference, .jsonPath),
            ]),
        "Succeed": merge(common, data),
        "Fail": merge(
            common,
            [
                "Error": FieldRule(.text), "Cause": FieldRule(.text),
                "ErrorPath": FieldRule(.pathExpression, .jsonPath),
                "CausePath": FieldRule(.pathExpression, .jsonPath),
            ]),
        "Parallel": merge(
            common, flow, data, assignment, work,
            ["Branches": FieldRule(.special), "Arguments": FieldRule(.template, .jsonata)]),
        "Map": merge(common, flow, data, assignment, work, map),
    ]

    private static let map: [String: FieldRule] = [
        "ItemProcessor": FieldRule(.special), "Iterator": FieldRule(.special),
        "ItemsPath": FieldRule(.path, .jsonPath), "Items": FieldRule(.special, .jsonata),
        "ItemSelector": FieldRule(.template), "ItemReader": FieldRule(.special),
        "ItemBatcher": FieldRule(.special),
        "ResultWriter": FieldRule(.special), "Label": FieldRule(.special),
        "MaxConcurrency": FieldRule(integer(from: 0)),
        "MaxConcurrencyPath": FieldRule(.reference, .jsonPath),
        "ToleratedFailureCount": FieldRule(integer(from: 0)),
        "ToleratedFailureCountPath": FieldRule(.reference, .jsonPath),
        "ToleratedFailurePercentage": FieldRule(
            .number(NumberRange(isInteger: false, minimum: 0, maximum: 100))),
        "ToleratedFailurePercentagePath": FieldRule(.reference, .jsonPath),
    ]

    /// The fields of a reader's configuration.
    static let reader: [String: FieldRule] = [
        "InputType": FieldRule(.string), "CSVHeaderLocation": FieldRule(.string),
        "CSVHeaders": FieldRule(.any), "CSVDelimiter": FieldRule(.string), "ManifestType": FieldRule(.string),
        "Transformation": FieldRule(.string), "ItemsPointer": FieldRule(.string),
        "MaxItems": FieldRule(integer(from: 0, to: 100_000_000)),
        "MaxItemsPath": FieldRule(.reference, .jsonPath),
    ]

    /// The fields of `ItemBatcher`.
    static let batcher: [String: FieldRule] = [
        "BatchInput": FieldRule(.template), "MaxItemsPerBatch": FieldRule(integer(from: 0)),
        "MaxItemsPerBatchPath": FieldRule(.reference, .jsonPath),
        "MaxInputBytesPerBatch": FieldRule(integer(from: 0)),
        "MaxInputBytesPerBatchPath": FieldRule(.reference, .jsonPath), "Comment": FieldRule(.string),
    ]

    /// The fields of a retrier.
    static let retrier: [String: FieldRule] = [
        "ErrorEquals": FieldRule(.special), "IntervalSeconds": FieldRule(integer(from: 1)),
        "MaxAttempts": FieldRule(integer(from: 0)),
        "BackoffRate": FieldRule(.number(NumberRange(isInteger: false, minimum: 1))),
        "MaxDelaySeconds": FieldRule(integer(from: 1, to: 31_622_400)), "JitterStrategy": FieldRule(.special),
        "Comment": FieldRule(.string),
    ]

    /// The fields of a catcher.
    static let catcher: [String: FieldRule] = [
        "ErrorEquals": FieldRule(.special), "Next": FieldRule(.special),
        "ResultPath": FieldRule(.resultPath, .jsonPath), "Output": FieldRule(.template, .jsonata),
        "Assign": FieldRule(.special), "Comment": FieldRule(.string),
    ]

    private static func merge(_ parts: [String: FieldRule]...) -> [String: FieldRule] {
        parts.reduce(into: [:]) { $0.merge($1) { _, last in last } }
    }

    /// Pairs of fields of which a state or a part of it may have one only.
    static let exclusive = [
        ["TimeoutSeconds", "TimeoutSecondsPath"], ["HeartbeatSeconds", "HeartbeatSecondsPath"],
        ["Error", "ErrorPath"], ["Cause", "CausePath"], ["ItemProcessor", "Iterator"],
        ["ItemSelector", "Parameters"], ["MaxConcurrency", "MaxConcurrencyPath"],
        ["ToleratedFailureCount", "ToleratedFailureCountPath"],
        ["ToleratedFailurePercentage", "ToleratedFailurePercentagePath"], ["MaxItems", "MaxItemsPath"],
        ["MaxItemsPerBatch", "MaxItemsPerBatchPath"], ["MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath"],
    ]
}

/// The query languages, while a definition is checked.
enum CheckedLanguage: String, Sendable {
    case jsonPath = "JSONPath"
    case jsonata = "JSONata"
}
