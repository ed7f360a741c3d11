import Foundation
import LonghaulJSONata
import LonghaulStates
import LonghaulTestSupport
import Testing

@Suite struct TemplateTests {
    /// Machines of one Pass state, with what AWS recorded.
    @Test func templatesEvaluateAsRecordedOnAWS() throws {
        let cases = try cases("templates.jsonl")
        #expect(cases.count == 81)
        for recorded in cases {
            let template = try #require(recorded["template"])
            let input = try json(recorded["input"]?.string ?? "{}")
            let context = StateValue.members([("Execution", .members([("Input", input)]))])
            let scope = StateScope(input: input, context: context)
            do {
                let output =
                    recorded["language"] == .string("JSONata")
                    ? try QueryTemplate(template, location: "Output").evaluate(in: QueryScope(scope))
                    : try PayloadTemplate(template).evaluate(in: scope)
                #expect(output == recorded["output"], "\(recorded.text)")
            } catch let failure as StateFailure {
                expect(failure, recorded, input)
            }
        }
    }

    private func expect(_ failure: StateFailure, _ recorded: StateValue, _ input: StateValue) {
        #expect(failure.error == recorded["error"]?.string, "\(recorded.text)")
        #expect(failure.location == recorded["location"]?.string, "\(recorded.text)")
        let cause = recorded["cause"]?.string?.replacingOccurrences(of: "<json-input:1>", with: input.text)
        let name = cause?.contains("'pass'") == true ? "pass" : "State0"
        #expect(failure.cause(state: name, eventID: 2) == cause)
    }
}

@Suite struct PayloadTemplateTests {
    private func evaluate(_ template: String, _ scope: StateScope) throws -> String {
        try PayloadTemplate(json(template)).evaluate(in: scope).text
    }

    @Test func fieldsAreReplacedAtAnyDepth() throws {
        let scope = StateScope(input: try json(#"{"a": {"b": [1, 2]}}"#))
        let template = #"{"x": [{"y.$": "$.a.b[1]"}, "$.a"], "z": {"w": {"v.$": "$.a"}}}"#
        #expect(try evaluate(template, scope) == #"{"x":[{"y":2},"$.a"],"z":{"w":{"v":{"b":[1,2]}}}}"#)
    }

    /// The orders are those of AWS's recordings.
    @Test(arguments: [
        (
            #"{"mergedJson.$": "$", "parsedJson.$": "$", "stringifiedJson.$": "$"}"#,
            "parsedJson mergedJson stringifiedJson"
        ),
        (#"{"value.$": "$", "bucketName": 1}"#, "bucketName value"),
        (#"{"Bucket.$": "$", "Key.$": "$", "from_previous": 1}"#, "from_previous Bucket Key"),
        (
            #"{"original_input.$": "$", "iteration_input_value.$": "$", "iteration_index.$": "$", "from_input_constant.$": "$", "constant_value": 1}"#,
            "constant_value iteration_input_value from_input_constant iteration_index original_input"
        ),
    ])
    func fieldsComeInTheOrderThatAWSWrites(template: String, keys: String) throws {
        let value = try PayloadTemplate(json(template)).evaluate(in: StateScope(input: .integer(1)))
        #expect(value.object?.keys == keys.split(separator: " ").map { String($0) })
    }

    @Test func aMissingArgumentOfAFunctionNamesThePath() throws {
        let failure = #expect(throws: StateFailure.self) {
            try evaluate(#"{"x.$": "States.Format('{}', $.no)"}"#, StateScope(input: json("{}")))
        }
        #expect(failure?.error == "States.Runtime")
        #expect(
            failure?.message
                == "The JsonPath argument for the field '$.no' could not be found in the input '{}'")
    }

    @Test func aPathOfNullInputFails() throws {
        let failure = #expect(throws: StateFailure.self) {
            try evaluate(#"{"x.$": "$.a"}"#, StateScope(input: .null))
        }
        #expect(failure?.message == "Unable to apply Path transformation to null or empty input.")
    }

    @Test func invalidFieldsAreReported() throws {
        let issue = #expect(throws: PayloadTemplate.Issue.self) {
            try PayloadTemplate(json(#"{"a": [{"b": 1}, {"c": {"d.$": "e"}}]}"#))
        }
        #expect(issue?.location == "/a[1]/c")
        #expect(
            issue?.message
                == "The value for the field 'd.$' must be a valid JSONPath or a valid intrinsic function call"
        )
        #expect(throws: PayloadTemplate.Issue.self) { try PayloadTemplate(json(#"{"a.$": 1}"#)) }
    }

    @Test func variablesAreListed() throws {
        let template =
            #"{"a.$": "$x.y", "b": [{"c.$": "States.Array($y, States.Format('{}', $z), $.a, $$)"}]}"#
        #expect(try PayloadTemplate(json(template)).variables == ["y", "z", "x"])
    }

    @Test func resultsThatGrowWithoutBoundFail() throws {
        let fields = (0..<2000).map { #""f\#($0).$": "$""# }.joined(separator: ",")
        let input = StateValue.string(String(repeating: "x", count: 200_000))
        let failure = #expect(throws: StateFailure.self) {
            try evaluate("{\(fields)}", StateScope(input: input))
        }
        #expect(failure?.error == "States.DataLimitExceeded")
    }
}

@Suite struct QueryTemplateTests {
    private func evaluate(
        _ template: String, _ scope: StateScope = StateScope(input: .null), result: StateValue? = nil,
        expecting type: QueryType? = nil
    ) throws -> String {
        try QueryTemplate(json(template), location: "Output").evaluate(
            in: QueryScope(scope, result: result), expecting: type
        ).text
    }

    @Test func expressionsAreReplacedAtAnyDepth() throws {
        let scope = StateScope(
            input: try json(#"{"n": [1, 2.5], "t": "x"}"#), context: try json(#"{"Execution": {"Id": "e"}}"#),
            variables: ["v": .integer(4)])
        let template = """
            {"a": ["{% $sum($states.input.n) %}", " {% 1 %}", {"b": "{%$states.context.Execution.Id & $v%}"}], \
            "c": "{% $states.result.r %}", "1.0": 1.0}
            """
        let result = try json(#"{"r": {"z": 1, "a": null}}"#)
        #expect(
            try evaluate(template, scope, result: result)
                == #"{"a":[3.5," {% 1 %}",{"b":"e4"}],"c":{"z":1,"a":null},"1.0":1.0}"#)
    }

    private func failure(_ template: String, expecting type: QueryType? = nil) -> StateFailure? {
        #expect(throws: StateFailure.self) { try evaluate(template, expecting: type) }
    }

    @Test(arguments: [
        ("{% $fn := function($x){$x} %}", "returned an unsupported result type."),
        ("{% {'a': [$sum]} %}", "returned an unsupported result type."),
        ("{% $doesNotExist %}", "returned nothing (undefined)."),
        ("{% $states.result %}", "returned nothing (undefined)."),
        (
            "{% true %}",
            "returned an unexpected result type. Expected 'array', but was 'boolean' for value: true"
        ),
        (
            "{% {'foo': 'bar'} %}",
            #"returned an unexpected result type. Expected 'array', but was 'object' for value: {"foo":"bar"}"#
        ),
        (
            "{% 'string' %}",
            #"returned an unexpected result type. Expected 'array', but was 'string' for value: "string""#
        ),
        (
            "{% null %}",
            "returned an unexpected result type. Expected 'array', but was 'null' for value: null"
        ),
    ])
    func failuresHaveTheTextsOfAWS(source: String, ending: String) throws {
        let failure = failure(StateValue.string(source).text, expecting: .array)
        let text = source.dropFirst(3).dropLast(3)
        #expect(failure?.error == "States.QueryEvaluationError")
        #expect(failure?.location == "Output")
        #expect(
            failure?.message == "The JSONata expression '\(text)' specified for the field 'Output' \(ending)")
    }

    @Test func evaluationErrorsNameCodeAndPlace() throws {
        let failure = failure(#"{"a": [1, {"b": "{% 1 + 'x' %}"}]}"#)
        #expect(failure?.location == "Output/a[1]/b")
        #expect(
            failure?.message.hasPrefix(
                "The JSONata expression '1 + 'x'' specified for the field 'Output/a[1]/b' threw an error during "
                    + "evaluation. T2002: ") == true)
        #expect(self.failure(#""{% $eval('1') %}""#)?.error == "States.QueryEvaluationError")
    }

    @Test func endlessRecursionEndsWithALimit() {
        let start = processorTime()
        for source in [
            "($f := function($x){ $f($x+1) }; $f(1))", "($f := function($x){ 1 + $f($x) }; $f(1))",
        ] {
            let failure = failure(StateValue.string("{% \(source) %}").text)
            #expect(failure?.message.contains("threw an error during evaluation: ") == true)
        }
        #expect(processorTime() - start < .seconds(5))
    }

    @Test func allExpressionsOfATemplateShareOneTimeLimit() {
        let start = processorTime()
        let slow = #""{% ($f := function($x){ $x = 0 ? 0 : $f($x-1) }; $f(100000)) %}""#
        let failure = failure("[\(Array(repeating: slow, count: 1000).joined(separator: ","))]")
        #expect(failure?.error == "States.QueryEvaluationError")
        #expect(processorTime() - start < .seconds(5))
    }

    @Test func integersOf64BitsArePassedOnUnchanged() throws {
        let input = try json(
            #"{"id": 9007199254740993, "max": 9223372036854775807, "huge": 123456789012345678901234567890, "one": 1.0}"#
        )
        let scope = StateScope(input: input)
        let template =
            #"["{% $states.input.id %}", "{% $states.input.{'m': max, 'h': huge} %}", "{% 2 * $states.input.one %}"]"#
        #expect(
            try evaluate(template, scope)
                == #"[9007199254740993,{"m":9223372036854775807,"h":123456789012345678901234567890},2]"#)
        let twins = StateScope(input: try json("[9007199254740993, 9007199254740992, 9007199254740995]"))
        #expect(try evaluate(#""{% $states.input[2] %}""#, twins) == "9007199254740995")
        // One double stands for both.
        #expect(try evaluate(#""{% $states.input[1] %}""#, twins) == "9007199254740992")
    }

    @Test func allOfStatesCanBeReadAtOnce() throws {
        let scope = StateScope(input: .integer(1), context: try json(#"{"a": 2}"#))
        let template = #"["{% $states %}", "{% $lookup($states, 'input') %}", "{% $keys($states)[0] %}"]"#
        #expect(
            try evaluate(template, scope, result: .null)
                == #"[{"input":1,"result":null,"context":{"a":2}},1,"input"]"#)
    }

    @Test func theTimeCanBeGiven() throws {
        let template = try QueryTemplate(.string("{% $millis() %}"), location: "Output")
        let scope = QueryScope(StateScope(input: .null), nowMilliseconds: 123)
        #expect(try template.evaluate(in: scope) == .integer(123))
    }

    @Test func syntaxErrorsAreReportedWithTheirPlace() throws {
        let issue = #expect(throws: QueryTemplate.Issue.self) {
            try QueryTemplate(json(#"{"x": {"y": ["{% 1 + %}"]}}"#), location: "Assign")
        }
        #expect(issue?.location == "Assign/x/y[0]")
        #expect(issue?.error.code == "S0207")
    }
}
