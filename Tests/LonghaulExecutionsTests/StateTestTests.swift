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
            return .result(.members([("done", .bool(true))]))
        }
        let output = try await functions.perform(
            "TestState",
            StateObject([
                ("definition", .string(StateTestTests.task)), ("roleArn", .string(Service.role)),
                ("input", .string(#"{"a":1}"#)),
            ]), by: OperationCaller(name: "ann"))
        #expect(output.text("output") == #"{"a":1,"result":{"done":true}}"#)
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
