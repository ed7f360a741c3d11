import LonghaulCore
import LonghaulExecutions
import LonghaulStates
import LonghaulTestSupport
import Testing

/// Tests of single states.
struct StateTestTests {
    let service = Service()

    private func test(_ definition: String, _ members: (String, StateValue)...) async throws -> StateObject {
        try await service.call("TestState", [("definition", .string(definition))] + members)
    }

    private func error(_ definition: String, _ members: (String, StateValue)...) async -> ServiceError? {
        await service.error("TestState", [("definition", .string(definition))] + members)
    }

    private static let task = #"""
        {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "After",
         "Parameters": {"FunctionName": "f", "Payload.$": "$"}, "ResultPath": "$.result"}
        """#

    @Test func stateIsTested() async throws {
        let output = try await test(
            #"{"Type": "Pass", "Parameters": {"b.$": "$.a"}, "Next": "After"}"#,
            ("input", .string(#"{"a": 1}"#)))
        let expected = StateObject([
            ("output", .string(#"{"b":1}"#)), ("nextState", .string("After")),
            ("status", .string("SUCCEEDED")),
        ])
        #expect(output == expected)
    }

    @Test func inspectionIsShownIfAskedFor() async throws {
        let output = try await test(
            #"{"Type": "Pass", "Parameters": {"b.$": "$.a"}, "End": true}"#, ("input", .string(#"{"a": 1}"#)),
            ("inspectionLevel", .string("DEBUG")))
        #expect(output["inspectionData"]?["afterParameters"] == .string(#"{"b":1}"#))
    }

    @Test func variablesAfterTheStateAreShown() async throws {
        let inspection = ("inspectionLevel", StateValue.string("DEBUG"))
        let variables = ("variables", StateValue.string(#"{"kept": 1, "changed": 1}"#))
        let input = ("input", StateValue.string(#"{"a": 2}"#))
        for definition in [
            #"{"Type": "Pass", "End": true, "Assign": {"changed.$": "$.a"}}"#,
            #"{"Type": "Pass", "End": true, "QueryLanguage": "JSONata", "Assign": {"changed": "{% $states.input.a %}"}}"#,
            #"""
            {"Type": "Choice", "Choices": [{"Variable": "$.a", "NumericEquals": 2, "Next": "B",
             "Assign": {"changed.$": "$.a"}}]}
            """#,
        ] {
            let output = try await test(definition, variables, input, inspection)
            #expect(output["inspectionData"]?["variables"] == .string(#"{"kept":1,"changed":2}"#))
        }
        let caught = try await test(
            #"""
            {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"},
             "End": true, "Catch": [{"ErrorEquals": ["E"], "Next": "B", "Assign": {"changed.$": "$.Cause"}}]}
            """#, variables, inspection,
            (
                "mock",
                .members([("errorOutput", .members([("error", .string("E")), ("cause", .string("C"))]))])
            ))
        #expect(caught.text("status") == "CAUGHT_ERROR")
        #expect(caught["inspectionData"]?["variables"] == .string(#"{"kept":1,"changed":"C"}"#))
        let failed = try await test(
            #"{"Type": "Pass", "End": true, "Assign": {"changed.$": "$.none"}}"#, input)
        #expect(failed.text("status") == "FAILED")
    }

    @Test func mockReplacesTheWork() async throws {
        let output = try await test(
            StateTestTests.task, ("input", .string("{}")),
            ("mock", .members([("result", .string(#"{"StatusCode": 200}"#))])))
        #expect(output.text("output") == #"{"result":{"StatusCode":200}}"#)
        let failed = try await test(
            StateTestTests.task,
            (
                "mock",
                .members([("errorOutput", .members([("error", .string("E")), ("cause", .string("C"))]))])
            ))
        #expect(failed.text("status") == "FAILED")
        #expect(failed.text("error") == "E")
        #expect(failed.text("cause") == "C")
    }

    @Test func taskWithoutAMockIsDone() async throws {
        let tested = Shared<[String]>([])
        let functions = StepFunctions(store: service.store) { (task, caller) throws(ServiceError) in
            tested.withLock { $0.append("\(task.resource.arn) \(task.parameters) \(caller.name)") }
            // Not what a mock may be: the status of Lambda's answers is a number.
            return .result(.members([("StatusCode", .string("done"))]))
        }
        let output = try await functions.perform(
            "TestState",
            StateObject([
                ("definition", .string(StateTestTests.task)), ("roleArn", .string(Service.role)),
                ("input", .string(#"{"a":1}"#)),
            ]), by: OperationCaller(name: "ann"))
        #expect(output.text("output") == #"{"a":1,"result":{"StatusCode":"done"}}"#)
        #expect(
            tested.value == [#"arn:aws:states:::lambda:invoke {"FunctionName":"f","Payload":{"a":1}} ann"#])
    }

    @Test func stateOfAMachineIsTested() async throws {
        let output = try await test(
            #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Succeed"}}}"#,
            ("stateName", .string("A")), ("input", .string("1")))
        #expect(output.text("nextState") == "B")
        let none = await error(Service.pass, ("stateName", .string("None")))
        #expect(none?.type == "ValidationException" || none?.type == "InvalidDefinition")
    }

    @Test func invalidRequestsAreRefused() async throws {
        let pass = #"{"Type": "Pass", "End": true}"#
        #expect(await error(pass, ("input", .string("{")))?.type == "InvalidExecutionInput")
        #expect(await error("{")?.type == "InvalidDefinition")
        #expect(await error(#"{"Type": "Unknown"}"#)?.type == "InvalidDefinition")
        for (member, value) in [
            ("context", StateValue.string("[]")), ("context", .string("{")), ("variables", .string("1")),
            ("mock", .members([("result", .string("{"))])),
            ("stateConfiguration", .members([("mapItemReaderData", .string("["))])),
        ] {
            #expect(await error(pass, (member, value))?.type == "ValidationException", "\(member)")
        }
        let task = await error(StateTestTests.task)
        #expect(task?.message == "RoleArn must be specified when testing a Task state")
        let mock = await error(StateTestTests.task, ("roleArn", .string(Service.role)))
        #expect(mock?.type == "ValidationException")
        let both = StateValue.members([("result", .string("{}")), ("errorOutput", .members([]))])
        #expect(
            await error(StateTestTests.task, ("mock", both))?.message
                == "A test mock should have only one of the following fields: [result, errorOutput].")
    }

    @Test func mockMustFitTheState() async throws {
        let role = ("roleArn", StateValue.string(Service.role))
        let mock = ("mock", StateValue.members([("result", .string("[]"))]))
        let map = #"""
            {"Type": "Map", "End": true, "ItemsPath": "$.items",
             "ItemProcessor": {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}}
            """#
        let withoutMock = await error(map, role, ("input", .string(#"{"items": []}"#)))
        #expect(
            withoutMock
                == ServiceError(
                    "ValidationException", "State type 'Map' is not supported when a mock is not specified"))
        let withMock = await error(#"{"Type": "Succeed"}"#, mock)
        #expect(
            withMock
                == ServiceError(
                    "ValidationException", "State type 'Succeed' is not supported when a mock is specified"))
        for resource in [
            "arn:aws:states:::states:startExecution.sync:2",
            "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            Service.prefix + "activity:a",
        ] {
            let task = #"{"Type": "Task", "End": true, "Resource": "\#(resource)", "Parameters": {}}"#
            let message = await error(task, role)?.message ?? ""
            #expect(message.hasSuffix("not supported when a mock is not specified"), "\(message)")
        }
    }

    @Test func hugeNumbersAreBounded() async throws {
        let configuration = StateValue.members([
            ("retrierRetryCount", .number(.integer(.max))),
            ("mapIterationFailureCount", .number(.integer(.max))),
        ])
        _ = await error(StateTestTests.task, ("stateConfiguration", configuration))
        let retried = #"""
            {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
             "Parameters": {"FunctionName": "f"},
             "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 99999999}]}
            """#
        let output = await error(
            retried, ("stateConfiguration", .members([("retrierRetryCount", .integer(99_999_998))])),
            ("mock", .members([("errorOutput", .members([("error", .string("E"))]))])))
        #expect(output == nil)
    }
}
