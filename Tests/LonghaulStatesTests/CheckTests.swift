import LonghaulStates
import LonghaulTestSupport
import Testing

@Suite struct CheckTests {
    @Test func definitionsThatAWSAcceptsHaveNoErrors() throws {
        let definitions = try cases("accepted.jsonl")
        #expect(definitions.count > 190)
        for definition in definitions {
            let errors = DefinitionChecks().check(definition).filter { $0.severity == .error }
            #expect(errors.isEmpty, "\(errors.map(\.description)) in \(definition.text)")
        }
    }

    @Test func definitionsThatAWSRefusesHaveItsMessages() throws {
        for recorded in try cases("refused.jsonl") {
            let definition = try #require(recorded["definition"]?.string)
            let checks = DefinitionChecks(isExpress: recorded["type"] == .string("EXPRESS"))
            let problems = checks.check(definition).filter { $0.severity == .error }
            if let message = recorded["message"]?.string {
                #expect(DefinitionDiagnostic.invalidDefinition(problems, definition: definition) == message)
            } else {
                let expected = recorded["diagnostics"]?.array?.map {
                    [$0["code"]?.string, $0["message"]?.string, $0["location"]?.string]
                }
                #expect(problems.map { [$0.code.rawValue, $0.message, $0.location] } == expected)
            }
        }
    }

    @Test func longNamesAreCutInProblems() {
        let name = String(repeating: "é", count: 100_000)
        let fields = (0..<2000).map { #""X\#($0)": 1"# }.joined(separator: ",")
        let problems = DefinitionChecks().check(
            #"{"StartAt": "\#(name)", "States": {"\#(name)": {"Type": "Pass", \#(fields), "Next": "\#(name)"}}}"#
        )
        #expect(problems.count == 1000)
        #expect(problems.allSatisfy { $0.description.count < 2100 })
        #expect(problems.first?.location?.hasPrefix("/States/éé") == true)
    }

    private func errors(_ definition: String) -> [String] {
        DefinitionChecks().check(definition).filter { $0.severity == .error }.map(\.description)
    }

    /// The errors of a machine with one state.
    private func errors(ofState state: String, language: String = "JSONPath") -> [String] {
        errors(#"{"QueryLanguage": "\#(language)", "StartAt": "S", "States": {"S": \#(state)}}"#)
    }

    @Test func singleStatesThatAWSTestsHaveNoErrors() throws {
        for state in try cases("states.jsonl") {
            let errors = DefinitionChecks().check(state: state).filter { $0.severity == .error }
            #expect(errors.isEmpty, "\(errors.map(\.description)) in \(state.text)")
        }
        let empty = try json(#"{"Type": "Parallel", "Branches": [], "Next": "X"}"#)
        #expect(
            DefinitionChecks().check(state: empty).map(\.description)
                == ["SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/StateName/Branches"])
    }

    @Test func aLoopWithoutAnEndIsRefused() {
        let loop = #""A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}"#
        #expect(
            errors(#"{"StartAt": "A", "States": {\#(loop)}}"#)
                == ["MISSING_END_STATE: Workflow has no terminal state at null"])
        #expect(
            errors(#"{"StartAt": "A", "States": {\#(loop), "C": {"Type": "Pass", "End": true}}}"#)
                == ["MISSING_TRANSITION_TARGET: State \"C\" is not reachable. at /States/C"])
        #expect(
            errors(#"{"StartAt": "A", "States": {\#(loop), "C": {"Type": "Pass", "Next": "A"}}}"#)
                == ["MISSING_END_STATE: Workflow has no terminal state at null"])
    }

    @Test func targetsOfTransitionsMustExist() {
        #expect(
            errors(
                #"{"StartAt": "pass1", "States": {"pass1": {"Type": "Pass", "Next": "pass3"}, "pass2": {"Type": "Pass", "End": true}}}"#
            ) == [
                "MISSING_TRANSITION_TARGET: Missing 'Next' target: pass3 at /States/pass1/Next",
                "MISSING_TRANSITION_TARGET: State \"pass2\" is not reachable. at /States/pass2",
            ])
        let task = """
            {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f", "End": true, \
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "X"}]}
            """
        #expect(
            errors(ofState: task) == [
                "MISSING_TRANSITION_TARGET: Missing 'Next' target: X at /States/S/Catch[0]/Next"
            ])
        let choice = """
            {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "Y"}], "Default": "Z"}
            """
        #expect(
            errors(ofState: choice) == [
                "MISSING_TRANSITION_TARGET: Missing 'Next' target: Y at /States/S/Choices[0]/Next",
                "MISSING_TRANSITION_TARGET: Missing 'Next' target: Z at /States/S/Default",
                "MISSING_END_STATE: Workflow has no terminal state at null",
            ])
        #expect(
            errors(#"{"StartAt": "aws_own.run_step", "States": {"run_step": {"Type": "Pass", "End": true}}}"#)
                == [
                    "MISSING_TRANSITION_TARGET: Missing 'Next' target: aws_own.run_step at /StartAt",
                    "MISSING_TRANSITION_TARGET: State \"run_step\" is not reachable. at /States/run_step",
                ])
    }

    /// The places and texts that were seen on AWS.
    @Test(arguments: [
        (
            #"{"Type": "Map", "TimeoutSeconds": 1, "End": true, "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Succeed"}}}}"#,
            "Field 'TimeoutSeconds' is not supported at /States/S"
        ),
        (#"{"Type": "Pass", "Catch": [], "End": true}"#, "Field 'Catch' is not supported at /States/S"),
        (
            #"{"Type": "Pass", "OutputPath": "Test", "End": true}"#,
            "Value must be a valid JSONPath. at /States/S/OutputPath"
        ),
        (
            #"{"Type": "Pass", "Parameters": {"a.$": "b"}, "End": true}"#,
            "The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call at /States/S/Parameters"
        ),
        (
            #"{"Type": "Pass", "Output": 1, "End": true}"#,
            "The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' QueryLanguage at /States/S"
        ),
        (
            #"{"Type": "Task", "Resource": "create", "End": true}"#,
            "Value is not a valid resource ARN at /States/S/Resource"
        ),
        (
            #"{"Type": "Parallel", "Branches": [], "End": true}"#,
            "Value cannot be empty at /States/S/Branches"
        ),
        (
            #"{"Type": "Wait", "SecondsPath": "$$.Execution.Input.n", "End": true}"#,
            "Value is not a Reference Path at /States/S/SecondsPath"
        ),
        (
            #"{"Type": "Pass", "ResultPath": "$..a", "End": true}"#,
            "Value is not a Reference Path at /States/S/ResultPath"
        ),
        (
            #"{"Type": "Fail", "Error": "a", "ErrorPath": "$.a"}"#,
            "There should only be one of the following fields: [Error, ErrorPath] at /States/S"
        ),
        (#"{"Type": "Task"}"#, "These fields are required: [Resource] at /States/S"),
    ])
    func fieldsAreChecked(state: String, error: String) {
        #expect(errors(ofState: state).first == "SCHEMA_VALIDATION_FAILED: \(error)")
    }

    @Test func numbersHaveRanges() {
        let processor =
            #""ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Succeed"}}}, "End": true"#
        #expect(
            errors(
                ofState:
                    #"{"Type": "Map", "MaxConcurrency": -1, "ToleratedFailurePercentage": -1, \#(processor)}"#
            )
                == [
                    "SCHEMA_VALIDATION_FAILED: Minimum value is 0 at /States/S/MaxConcurrency",
                    "SCHEMA_VALIDATION_FAILED: Minimum value is 0.0 at /States/S/ToleratedFailurePercentage",
                ])
        #expect(
            errors(
                ofState: """
                    {"Type": "Map", "ToleratedFailurePercentage": 101, "ItemReader": {"Resource": \
                    "arn:aws:states:::s3:getObject", "ReaderConfig": {"MaxItems": 100000001, "MaxItemsPath": "$.a"}}, \
                    \(processor)}
                    """) == [
                    "SCHEMA_VALIDATION_FAILED: Maximum value is 100.0 at /States/S/ToleratedFailurePercentage",
                    "SCHEMA_VALIDATION_FAILED: Maximum value is 100000000 at /States/S/ItemReader/ReaderConfig/MaxItems",
                    "SCHEMA_VALIDATION_FAILED: There should only be one of the following fields: "
                        + "[MaxItems, MaxItemsPath] at /States/S/ItemReader/ReaderConfig",
                ])
    }

    @Test(arguments: [
        (
            #"{"Type": "Pass", "Output": {"v": "{% phone %}"}, "End": true}"#,
            "UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'phone' at the top level is not supported. at /States/S/Output/v"
        ),
        (
            #"{"Type": "Pass", "Output": [{"a": ["{% 1 + %}"]}], "End": true}"#,
            "INVALID_JSONATA_EXPRESSION: Unexpected end of expression at /States/S/Output[0]/a[0]"
        ),
        (
            #"{"Type": "Pass", "Output": "{% $$ %}", "End": true}"#,
            "UNSUPPORTED_JSONATA_EXPRESSION: Reference to '$$' is not supported. at /States/S/Output"
        ),
        (
            #"{"Type": "Pass", "Output": "{% $states.errorOutput %}", "End": true}"#,
            "UNSUPPORTED_JSONATA_EXPRESSION: Reference to '$states.errorOutput' is not supported in this field. at /States/S/Output"
        ),
        (
            #"{"Type": "Wait", "Seconds": "{% $states.result.x %}", "End": true}"#,
            "UNSUPPORTED_JSONATA_EXPRESSION: Reference to '$states.result' is not supported in this field. at /States/S/Seconds"
        ),
        (
            #"{"Type": "Pass", "InputPath": "$.a", "End": true}"#,
            "SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONata', but field 'InputPath' is only supported for the 'JSONPath' QueryLanguage at /States/S"
        ),
        (
            #"{"Type": "Choice", "Choices": [{"Condition": "{% a %}", "Next": "S"}]}"#,
            "UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'a' at the top level is not supported. at /States/S/Choices[0]/Condition"
        ),
        (
            #"{"Type": "Pass", "Assign": {"states": 1}, "End": true}"#,
            "SCHEMA_VALIDATION_FAILED: Invalid variable name 'states' at /States/S/Assign"
        ),
    ])
    func statesWithJSONataAreChecked(state: String, error: String) {
        #expect(errors(ofState: state, language: "JSONata").first == error)
    }

    @Test func namesInsideExpressionsAreNotAtTheTopLevel() {
        let state = """
            {"Type": "Pass", "Output": "{% $states.input.orders[total > 3].{'id': id, 'n': $count(items)} ~> \
            $map(function($o) { $o.id }) %}", "End": true}
            """
        #expect(errors(ofState: state, language: "JSONata").isEmpty)
    }

    @Test func statesInsideMapsInheritTheLanguageOfTheMachine() {
        let map = """
            {"Type": "Map", "QueryLanguage": "JSONata", "End": true, "ItemProcessor": {"QueryLanguage": "JSONata", \
            "StartAt": "P", "States": {"P": {"Type": "Pass", "Output": 1, "End": true}}}}
            """
        #expect(
            errors(ofState: map) == [
                "SCHEMA_VALIDATION_FAILED: Field 'QueryLanguage' is not supported at /States/S/ItemProcessor",
                "SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONPath', but field 'Output' is only "
                    + "supported for the 'JSONata' QueryLanguage at /States/S/ItemProcessor/States/P",
            ])
    }

    @Test func warningsDoNotPreventTheCreation() {
        let definition = """
            {"StartAt": "S", "States": {"S": {"Type": "Pass", "Parameters": {"a": "$.b"}, "Result": {"c.$": "$.d"}, \
            "Next": "F"}, "F": {"Type": "Fail", "Error": "$.e"}}}
            """
        let problems = DefinitionChecks().check(definition)
        #expect(problems.allSatisfy { $0.severity == .warning })
        #expect(
            problems.map { "\($0.code.rawValue) \($0.location ?? "")" } == [
                "NO_DOLLAR /States/S/Parameters/a", "PASS_RESULT_IS_STATIC /States/S/Result/c.$",
                "NO_PATH /States/F/Error",
            ])
    }

    @Test(arguments: [
        ("", "MISSING_DESCRIPTION"), (" \n", "MISSING_DESCRIPTION"), ("{", "INVALID_JSON_DESCRIPTION"),
        (
            #"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}, "A": {"Type": "Succeed"}}}"#,
            "INVALID_JSON_DESCRIPTION"
        ),
        ("[]", "SCHEMA_VALIDATION_FAILED"), (#""x""#, "SCHEMA_VALIDATION_FAILED"),
    ])
    func otherTextsAreNoDefinitions(definition: String, code: String) {
        #expect(DefinitionChecks().check(definition).map(\.code.rawValue) == [code])
    }

    @Test func unsupportedResourcesAreRefusedByName() {
        let state = #"{"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob", "End": true}"#
        let checks = DefinitionChecks { !$0.contains("batch") }
        let problems = checks.check(#"{"StartAt": "S", "States": {"S": \#(state)}}"#)
        #expect(
            problems.first?.message.hasPrefix("The resource provided arn:aws:states:::batch:submitJob is")
                == true)
    }

    @Test func hostileDefinitionsAreCheckedWithinASecond() {
        let start = processorTime()
        let flat = (0..<10_000).map { #""s\#($0)": {"Type": "Pass", "Next": "s\#($0 + 1)"}"# }
        let chain =
            #"{"StartAt": "s0", "States": {\#(flat.joined(separator: ",")), "s10000": {"Type": "Succeed"}}}"#
        #expect(errors(chain).isEmpty)
        let open = #"{"StartAt": "p", "States": {"p": {"Type": "Parallel", "End": true, "Branches": ["#
        for depth in [150, 1000] {
            let inner = String(repeating: open, count: depth) + "1" + String(repeating: "]}}}", count: depth)
            #expect(errors(inner).contains { $0.hasPrefix("TOO_DEEPLY_NESTED") })
        }
        let large = #"{"StartAt": "\#(String(repeating: "x", count: 1 << 20))"}"#
        #expect(errors(large).count == 1)
        let brackets = String(repeating: "[", count: 1_000_000)
        #expect(errors(brackets).count == 1)
        let bad =
            #"{"StartAt": "a", "States": {\#((0..<20_000).map { #""b\#($0)": 1"# }.joined(separator: ","))}}"#
        #expect(errors(bad).count == DefinitionChecks.maxDiagnostics)
        #expect(processorTime() - start < .seconds(10))
    }

    @Test func variablesAreListedByState() throws {
        let definition = try json(
            """
            {"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"x": 1, "y.$": "States.Array($a, $b.c, $.d)"}, \
            "Result": {"n.$": "$no"}, "Next": "B"}, "B": {"Type": "Choice", "Choices": [{"Variable": "$guess", \
            "StringEqualsPath": "$answer", "Next": "C"}]}, "C": {"Type": "Map", "QueryLanguage": "JSONata", \
            "Items": "{% $list[n > $least] %}", "ItemProcessor": {"StartAt": "D", "States": {"D": {"Type": "Pass", \
            "QueryLanguage": "JSONata", "Output": "{% ($q := 1; $q + $r + $states.input.s) %}", "End": true}}}, \
            "End": true}}}
            """)
        #expect(
            VariableReferences(of: definition).byState
                == ["A": ["a", "b"], "B": ["guess", "answer"], "C": ["list", "least"], "D": ["r"]])
    }
}
