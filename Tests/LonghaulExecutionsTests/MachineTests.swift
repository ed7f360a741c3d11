import LonghaulCore
import LonghaulExecutions
import LonghaulStates
import LonghaulTestSupport
import Testing

/// State machines: create, describe, update, delete, list.
struct MachineTests {
    let service = Service()

    @Test func createdMachineIsDescribed() async throws {
        let arn = try await service.create("orders")
        #expect(arn == Service.prefix + "stateMachine:orders")
        let machine = try await service.describe(arn)
        let expected = StateObject([
            ("stateMachineArn", .string(arn)), ("name", .string("orders")), ("status", .string("ACTIVE")),
            ("definition", .string(Service.pass)), ("roleArn", .string(Service.role)),
            ("type", .string("STANDARD")), ("creationDate", .number(.decimal(1_764_000_000))),
            (
                "loggingConfiguration",
                .members([("level", .string("OFF")), ("includeExecutionData", .bool(false))])
            ),
            ("tracingConfiguration", .members([("enabled", .bool(false))])),
        ])
        #expect(machine == expected)
    }

    @Test func metadataHaveNoDefinition() async throws {
        let arn = try await service.create("orders")
        let machine = try await service.call(
            "DescribeStateMachine",
            [("stateMachineArn", .string(arn)), ("includedData", .string("METADATA_ONLY"))])
        #expect(machine.text("definition") == "{}")
    }

    @Test func variablesAreListedByState() async throws {
        let definition = #"""
            {"StartAt": "Set", "QueryLanguage": "JSONata", "States": {
              "Set": {"Type": "Pass", "Assign": {"total": 1}, "Next": "Use"},
              "Use": {"Type": "Pass", "Output": "{% $total + $tax %}", "End": true}}}
            """#
        let arn = try await service.create("orders", definition: definition)
        let references = try await service.describe(arn)["variableReferences"]
        #expect(references == .members([("Use", .array([.string("total"), .string("tax")]))]))
    }

    // MARK: - Creation again

    @Test func equalCreationReturnsTheSameMachine() async throws {
        let first = try await service.call("CreateStateMachine", request())
        service.time.advance(seconds: 60)
        let second = try await service.call("CreateStateMachine", request(("roleArn", .string("arn:other"))))
        #expect(first == second)
        let machine = try await service.describe(first.text("stateMachineArn"))
        #expect(machine.text("roleArn") == Service.role)
    }

    @Test(arguments: [
        ("definition", StateValue.string(#"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}"#)),
        ("type", .string("EXPRESS")), ("tracingConfiguration", .members([("enabled", .bool(true))])),
        ("publish", .bool(true)),
        ("encryptionConfiguration", .members([("type", .string("AWS_OWNED_KEY"))])),
    ])
    func otherCreationOfTheNameIsRefused(member: String, value: StateValue) async throws {
        try await service.call("CreateStateMachine", request())
        let error = await service.error("CreateStateMachine", request((member, value)))
        #expect(error?.type == "StateMachineAlreadyExists")
        #expect(error?.message == "State Machine Already Exists: '\(Service.prefix)stateMachine:orders'")
    }

    @Test func creationWithVersionIsRepeated() async throws {
        let members = [("publish", StateValue.bool(true)), ("versionDescription", .string("first"))]
        let first = try await service.call("CreateStateMachine", request(members))
        #expect(first.text("stateMachineVersionArn") == Service.prefix + "stateMachine:orders:1")
        #expect(try await service.call("CreateStateMachine", request(members)) == first)
        let other = await service.error("CreateStateMachine", request(("publish", .bool(true))))
        #expect(other?.type == "StateMachineAlreadyExists")
    }

    private func request(_ members: (String, StateValue)...) -> [(String, StateValue)] { request(members) }

    private func request(_ members: [(String, StateValue)]) -> [(String, StateValue)] {
        [
            ("name", .string("orders")), ("definition", .string(Service.pass)),
            ("roleArn", .string(Service.role)),
        ] + members
    }

    // MARK: - Names

    @Test(arguments: [
        "", " ", "a b", "a\tb", "a\u{85}b", "a\u{A0}b", "a<b", "a>b", "a{b", "a}b", "a[b", "a]b", "a?b",
        "a*b", "a\"b",
        "a#b", "a%b", "a\\b", "a^b", "a|b", "a~b", "a`b", "a$b", "a&b", "a,b", "a;b", "a:b", "a/b", "a\u{0}b",
        "a\u{7F}",
        "a\u{9F}", "a\u{FFFE}", "a\u{10FFFF}", String(repeating: "a", count: 81),
        String(repeating: "ä", count: 81),
    ])
    func invalidNameIsRefused(name: String) async throws {
        for operation in ["CreateStateMachine", "CreateActivity"] {
            let error = await service.error(
                operation,
                [
                    ("name", .string(name)), ("definition", .string(Service.pass)),
                    ("roleArn", .string(Service.role)),
                ])
            #expect(error?.type == "InvalidName")
            #expect(error?.message == "Invalid Name: '\(name)'")
        }
        #expect(try await service.store.names(.machine).isEmpty)
        #expect(try await service.store.names(.activity).isEmpty)
    }

    @Test(arguments: [
        "a", "A-b_c.d", "1", "héllo", "日本", "a@b", "a'b", "a(b)", "a=b+c!", String(repeating: "a", count: 80),
        String(repeating: "🙂", count: 80), "INITIAL", "deleted", "\u{301}a",
    ])
    func validNameIsAccepted(name: String) async throws {
        let arn = try await service.create(name)
        #expect(try await service.describe(arn).text("name") == name)
        try await service.call("DeleteStateMachine", [("stateMachineArn", .string(arn))])
        await #expect(throws: ServiceError.self) { try await service.describe(arn) }
    }

    @Test func equivalentTextsAreDifferent() async throws {
        let composed = #"{"Comment": "\#u{E9}", "StartAt": "A", "States": {"A": {"Type": "Succeed"}}}"#
        let decomposed = composed.replacing("\u{E9}", with: "e\u{301}")
        let arn = try await service.create("orders", definition: composed)
        let error = await service.error("CreateStateMachine", request(("definition", .string(decomposed))))
        #expect(error?.type == "StateMachineAlreadyExists")
        let update = try await service.call(
            "UpdateStateMachine", [("stateMachineArn", .string(arn)), ("definition", .string(decomposed))])
        #expect(update["revisionId"] != nil)
        #expect(try await service.describe(arn)["definition"] == .string(decomposed))
    }

    @Test func zeroIsInNoName() async throws {
        let arn = Service.prefix + "stateMachine:a\u{0}b"
        let error = await service.error("DescribeStateMachine", [("stateMachineArn", .string(arn))])
        #expect(error?.type == "StateMachineDoesNotExist")
        try await service.call(
            "DeleteActivity", [("activityArn", .string(Service.prefix + "activity:\u{0}"))])
    }

    @Test func longNameIsNotRepeatedWhole() async {
        let error = await service.error(
            "CreateActivity", [("name", .string(String(repeating: "x", count: 1 << 20)))])
        #expect((error?.message.utf8.count ?? 0) < 500)
    }

    // MARK: - Definitions

    @Test(arguments: [
        ("", "MISSING_DESCRIPTION"), ("{", "INVALID_JSON_DESCRIPTION"), ("[]", "SCHEMA_VALIDATION_FAILED"),
        (#"{"StartAt": "A"}"#, "These fields are required: [States] at /'"),
        (#"{"StartAt": "B", "States": {"A": {"Type": "Succeed"}}}"#, "MISSING_TRANSITION_TARGET"),
    ])
    func invalidDefinitionIsRefused(definition: String, part: String) async throws {
        let error = await service.error(
            "CreateStateMachine",
            [("name", .string("m")), ("definition", .string(definition)), ("roleArn", .string(Service.role))])
        #expect(error?.type == "InvalidDefinition")
        #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
        let arn = try await service.create("orders")
        let update = await service.error(
            "UpdateStateMachine", [("stateMachineArn", .string(arn)), ("definition", .string(definition))])
        #expect(update?.type == "InvalidDefinition")
        #expect(try await service.describe(arn).text("definition") == Service.pass)
    }

    @Test func expressMachineHasNoCallbacks() async throws {
        let definition = #"""
            {"StartAt": "A", "States": {"A": {"Type": "Task", "End": true,
              "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
              "Parameters": {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"}}}}
            """#
        try await service.create("standard", definition: definition)
        let error = await service.error(
            "CreateStateMachine",
            [
                ("name", .string("express")), ("definition", .string(definition)),
                ("roleArn", .string(Service.role)), ("type", .string("EXPRESS")),
            ])
        #expect(error?.type == "InvalidDefinition")
        let arn = try await service.create("express", [("type", .string("EXPRESS"))])
        let update = await service.error(
            "UpdateStateMachine", [("stateMachineArn", .string(arn)), ("definition", .string(definition))])
        #expect(update?.type == "InvalidDefinition")
    }

    @Test func resourceThatCannotRunIsRefused() async throws {
        let service = Service(ExecutionSettings(isResourceSupported: { !$0.contains("dynamodb") }))
        let definition = #"""
            {"StartAt": "A", "States": {"A": {"Type": "Task", "End": true,
              "Resource": "arn:aws:states:::dynamodb:getItem", "Parameters": {"Key": {}, "TableName": "t"}}}}
            """#
        let error = await service.error(
            "CreateStateMachine",
            [("name", .string("m")), ("definition", .string(definition)), ("roleArn", .string(Service.role))])
        #expect(error?.type == "InvalidDefinition")
        #expect(error?.message.contains("/States/A/Resource") == true)
    }

    // MARK: - ARNs

    @Test(arguments: [
        "DescribeStateMachine", "UpdateStateMachine", "DeleteStateMachine", "ListStateMachineVersions",
    ])
    func arnOfSomethingElseIsRefused(operation: String) async throws {
        try await service.create("orders")
        let members = [("definition", StateValue.string(Service.pass))]
        for path in ["activity:a", "execution:orders:a", "mapRun:orders/a:b", "express:orders:a:b"] {
            let error = await service.error(
                operation, members + [("stateMachineArn", .string(Service.prefix + path))])
            #expect(error?.type == "InvalidArn")
        }
        let map = await service.error(
            operation, members + [("stateMachineArn", .string(Service.prefix + "stateMachine:orders/map"))])
        #expect(map?.type == "ValidationException")
        #expect(map?.details["reason"] == .string("API_DOES_NOT_SUPPORT_LABELED_ARNS"))
        let text = await service.error(operation, members + [("stateMachineArn", .string("orders"))])
        #expect(text == ServiceError("InvalidArn", "Invalid Arn: 'Invalid ARN prefix: orders'"))
    }

    @Test func machineThatIsNotThereIsNamed() async throws {
        let arn = Service.prefix + "stateMachine:none"
        for operation in ["DescribeStateMachine", "UpdateStateMachine", "PublishStateMachineVersion"] {
            let error = await service.error(
                operation, [("stateMachineArn", .string(arn)), ("roleArn", .string(Service.role))])
            #expect(
                error == ServiceError("StateMachineDoesNotExist", "State Machine Does Not Exist: '\(arn)'"))
        }
        let long = Service.prefix + "stateMachine:" + String(repeating: "🙂", count: 200)
        let error = await service.error("DescribeStateMachine", [("stateMachineArn", .string(long))])
        #expect(error?.type == "StateMachineDoesNotExist")
    }

    @Test func unknownOperationIsRefused() async {
        let error = await service.error("CreateEverything")
        #expect(error?.type == "UnknownOperationException")
    }

    @Test func missingMemberIsNamed() async {
        let error = await service.error("CreateStateMachine", [("name", .string("orders"))])
        #expect(error?.type == "ValidationException")
        #expect(error?.message.contains("'definition'") == true)
    }

    @Test func failureOfTheStoreIsReported() async throws {
        let arn = try await service.create("orders")
        service.store.failure.withLock { $0 = LonghaulError(.unavailable, "the store does not answer") }
        let error = await service.error("DescribeStateMachine", [("stateMachineArn", .string(arn))])
        #expect(error?.type == "ServiceUnavailable")
        #expect(error?.status == 503)
        service.store.failure.withLock { $0 = LonghaulError(.systemBusy, "full") }
        #expect(await service.error("ListStateMachines")?.type == "ThrottlingException")
    }

    // MARK: - Limits

    @Test func numberOfMachinesIsLimited() async throws {
        let service = Service(Service.settings { $0.machines = 3 })
        for number in 1...3 { try await service.create("m\(number)") }
        let members = [
            ("name", StateValue.string("m4")), ("definition", .string(Service.pass)),
            ("roleArn", .string(Service.role)),
        ]
        #expect(await service.error("CreateStateMachine", members)?.type == "StateMachineLimitExceeded")
        try await service.create("m3")
        try await service.call(
            "DeleteStateMachine", [("stateMachineArn", .string(Service.prefix + "stateMachine:m1"))])
        try await service.call("CreateStateMachine", members)
        #expect(
            await service.error("CreateStateMachine", [("name", .string("m5"))] + members.dropFirst())?.type
                == "StateMachineLimitExceeded")
    }
}
