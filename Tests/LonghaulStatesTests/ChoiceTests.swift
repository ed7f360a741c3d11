import LonghaulStates
import Testing

@Suite struct ChoiceTests {
    @Test func rulesMatchAsRecordedOnAWS() throws {
        let cases = try cases("choices.jsonl")
        #expect(cases.count == 261)
        for recorded in cases {
            let rule = try ChoiceRule(try #require(recorded["rule"]))
            let input = try json(recorded["input"]?.string ?? "null")
            let matches = try rule.matches(in: StateScope(input: input))
            #expect(matches == recorded["matches"]?.bool, "\(recorded.text)")
        }
    }

    private func matches(_ rule: String, _ input: String) throws -> Bool {
        try ChoiceRule(json(rule)).matches(in: StateScope(input: json(input)))
    }

    @Test(arguments: [
        ("log-*.txt", "log-2024.txt", true), ("log-*.txt", "log-.txt", true),
        ("log-*.txt", "log-2024.tx", false),
        ("*", "", true), ("a*b*c", "a1b2b3c", true), ("a*b*c", "a1c2b", false), ("a\\*b", "a*b", true),
        ("a\\*b", "axb", false), ("a\\\\*", "a\\x", true), ("", "", true), ("", "x", false),
        ("ab*ba", "aba", false),
        ("**é*", "caf\u{e9}!", true),
    ])
    func stringPatternsMatch(pattern: String, text: String, isMatch: Bool) throws {
        let rule = StateValue.members([("Variable", .string("$")), ("StringMatches", .string(pattern))])
        #expect(try ChoiceRule(rule).matches(in: StateScope(input: .string(text))) == isMatch)
    }

    @Test func stringPatternsTakeLinearTime() throws {
        let pattern = String(repeating: "a*", count: 100_000) + "b"
        let rule = StateValue.members([("Variable", .string("$")), ("StringMatches", .string(pattern))])
        let text = String(repeating: "a", count: 250_000)
        #expect(try !ChoiceRule(rule).matches(in: StateScope(input: .string(text))))
    }

    @Test func rulesCombine() throws {
        let rule = """
            {"And": [{"Variable": "$.a", "IsPresent": true}, {"Not": {"Variable": "$.a", "NumericLessThan": 3}},
            {"Or": [{"Variable": "$.b", "IsNull": true}, {"Variable": "$.b", "BooleanEquals": true}]}]}
            """
        #expect(try matches(rule, #"{"a": 3, "b": null}"#))
        #expect(try matches(rule, #"{"a": 3.5, "b": true}"#))
        #expect(try !matches(rule, #"{"a": 2, "b": true}"#))
        #expect(try !matches(rule, #"{"b": true}"#))
    }

    @Test func aMissingVariableFailsExceptForIsPresent() throws {
        let failure = #expect(throws: StateFailure.self) {
            try matches(#"{"Variable": "$.a.b", "StringEquals": "x"}"#, #"{"a": {}}"#)
        }
        #expect(failure?.error == "States.Runtime")
        #expect(
            failure?.message
                == "Invalid path '$.a.b': The choice state's condition path references an invalid value.")
        #expect(try matches(#"{"Variable": "$.a.b", "IsPresent": false}"#, #"{"a": {}}"#))
    }

    @Test func variablesAndTheContextObjectCanBeCompared() throws {
        let rule = try ChoiceRule(
            json(#"{"Variable": "$guess.value", "StringEqualsPath": "$$.Execution.Name"}"#))
        let scope = StateScope(
            input: .null, context: try json(#"{"Execution": {"Name": "x"}}"#),
            variables: ["guess": try json(#"{"value": "x"}"#)])
        #expect(try rule.matches(in: scope))
        #expect(rule.variables == ["guess"])
    }

    @Test(arguments: [
        (#"{"Variable": "$.a"}"#, "", "A comparison operator is required"),
        (#"{"Variable": "a", "IsNull": true}"#, "/Variable", "Value must be a valid JSONPath."),
        (#"{"And": []}"#, "/And", "Value cannot be empty"),
        (#"{"Or": [{"Not": {"IsNull": true}}]}"#, "/Or[0]/Not", "These fields are required: [Variable]"),
        (
            #"{"Variable": "$", "TimestampEquals": "2016"}"#, "/TimestampEquals",
            "String does not match RFC3339 timestamp"
        ),
        (#"{"Variable": "$", "NumericEquals": "1"}"#, "/NumericEquals", "Expected value of type Number"),
    ])
    func invalidRulesAreRefused(rule: String, location: String, message: String) throws {
        let issue = #expect(throws: ChoiceRule.Issue.self) { try ChoiceRule(json(rule)) }
        #expect(issue?.location == location)
        #expect(issue?.message == message)
    }

    @Test(arguments: [
        ("2016-03-14T01:59:00Z", 1_457_920_740, 0), ("1970-01-01T00:00Z", 0, 0),
        ("2016-03-14T03:59:00.5+02:00", 1_457_920_740, 500_000_000),
        ("0000-03-01T00:00:00-00:30", -62_162_033_400, 0),
        ("2000-02-29T23:59:59.123456789Z", 951_868_799, 123_456_789),
    ])
    func timestampsAreRead(text: String, seconds: Int64, nanoseconds: Int) {
        let timestamp = StateTimestamp(text)
        #expect(timestamp?.seconds == seconds)
        #expect(timestamp?.nanoseconds == nanoseconds)
    }

    @Test(arguments: [
        "2016-13-05T21:29:29Z", "05-12-2016T21:29:29Z", "2016-12-05T25:29:29Z", "2016-12-05 21:29:29Z",
        "2016-12-05T21:29:29", "2015-02-29T00:00:00Z", "2016-12-05", "", "2016-12-05T21:29:29.Z",
        "2016-12-05T21:29:29Z ",
    ])
    func otherTextsAreNoTimestamps(text: String) {
        #expect(StateTimestamp(text) == nil)
    }
}
