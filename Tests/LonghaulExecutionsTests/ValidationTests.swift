import LonghaulExecutions
import LonghaulStates
import Testing

/// Checks of definitions.
struct ValidationTests {
    let service = Service()

    private func validate(_ definition: String, _ members: (String, StateValue)...) async throws
        -> StateObject
    {
        try await service.call(
            "ValidateStateMachineDefinition", [("definition", .string(definition))] + members)
    }

    @Test func validDefinitionHasNoDiagnostics() async throws {
        let expected = StateObject([
            ("result", .string("OK")), ("diagnostics", .array([])), ("truncated", .bool(false)),
        ])
        #expect(try await validate(Service.pass) == expected)
    }

    @Test func problemsAreListed() async throws {
        let problem = StateValue.members([
            ("severity", .string("ERROR")), ("code", .string("SCHEMA_VALIDATION_FAILED")),
            ("message", .string("These fields are required: [StartAt]")), ("location", .string("/")),
        ])
        let expected = StateObject([
            ("result", .string("FAIL")), ("diagnostics", .array([problem])), ("truncated", .bool(false)),
        ])
        #expect(try await validate(#"{"States": {"A": {"Type": "Pass", "End": true}}}"#) == expected)
    }

    @Test func numberOfDiagnosticsIsLimited() async throws {
        let states = (0..<150).map { #""S\#($0)": {"Type": "None"}"# }.joined(separator: ", ")
        let definition = #"{"StartAt": "S0", "States": {\#(states)}}"#
        for (limit, count) in [(3, 3), (0, 100), (100, 100), (1000, 100)] {
            let output = try await validate(definition, ("maxResults", .integer(limit)))
            #expect(output["diagnostics"]?.array?.count == count)
            #expect(output["truncated"] == .bool(true))
            #expect(output.text("result") == "FAIL")
        }
    }

    @Test func warningsAreListedIfAskedFor() async throws {
        let definition = #"""
            {"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"a": "$.b"}, "End": true}}}
            """#
        #expect(try await validate(definition)["diagnostics"] == .array([]))
        let output = try await validate(definition, ("severity", .string("WARNING")))
        #expect(output.texts("diagnostics", "severity") == ["WARNING"])
        #expect(output.text("result") == "OK")
    }

    @Test func typeOfTheMachineCounts() async throws {
        let definition = #"""
            {"StartAt": "A", "States": {"A": {"Type": "Task", "End": true, "Parameters": {"Input": {}},
              "Resource": "arn:aws:states:::states:startExecution.sync"}}}
            """#
        #expect(try await validate(definition, ("type", .string("EXPRESS"))).text("result") == "FAIL")
    }

    @Test(.timeLimit(.minutes(1))) func largeDefinitionsAreChecked() async throws {
        let states = (0..<9999).map { #""S\#($0)": {"Type": "Pass", "Next": "S\#($0 + 1)"}"# }
        let large =
            #"{"StartAt": "S0", "States": {\#(states.joined(separator: ", ")), "S9999": {"Type": "Succeed"}}}"#
        #expect(try await validate(large).text("result") == "OK")
        let arn = try await service.create("large", definition: large)
        #expect(try await service.functions.startableMachine(arn).revision.machine.states.count == 10_000)
        let deep = String(repeating: "[", count: 100_000)
        #expect(try await validate(deep).text("result") == "FAIL")
        let nested = (0..<1000).reduce(#"{"Type": "Pass", "End": true}"#) { inner, _ in
            #"{"Type": "Parallel", "End": true, "Branches": [{"StartAt": "A", "States": {"A": \#(inner)}}]}"#
        }
        let machine = #"{"StartAt": "A", "States": {"A": \#(nested)}}"#
        #expect(try await validate(machine).texts("diagnostics", "code") == ["TOO_DEEPLY_NESTED"])
        let long = #"{"Comment": "\#(String(repeating: "x", count: 1 << 20))"}"#
        #expect(try await validate(long).text("result") == "FAIL")
    }
}
