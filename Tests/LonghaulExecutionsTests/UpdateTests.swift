import LonghaulCore
import LonghaulExecutions
import LonghaulStates
import LonghaulTestSupport
import Testing

/// Updates of state machines, and their configuration.
struct UpdateTests {
    let service = Service()

    private func update(_ arn: String, _ members: (String, StateValue)...) async throws -> StateObject {
        try await service.call("UpdateStateMachine", [("stateMachineArn", .string(arn))] + members)
    }

    @Test func updateMakesARevision() async throws {
        let arn = try await service.create("orders")
        service.time.advance(seconds: 1.5)
        let definition = #"{"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}"#
        let first = try await update(arn, ("definition", .string(definition)))
        #expect(first["updateDate"] == .number(.decimal(1_764_000_001.5)))
        #expect(first.text("revisionId").count == 36)
        #expect(first["stateMachineVersionArn"] == nil)
        let machine = try await service.describe(arn)
        #expect(machine.text("definition") == definition)
        #expect(machine.text("roleArn") == Service.role)
        #expect(machine.text("revisionId") == first.text("revisionId"))
        #expect(machine["creationDate"] == .number(.decimal(1_764_000_000)))
        let second = try await update(arn, ("roleArn", .string("arn:aws:iam::000000000000:role/other")))
        #expect(second.text("revisionId") != first.text("revisionId"))
    }

    @Test func updateWithoutAChangeKeepsTheRevision() async throws {
        let arn = try await service.create("orders")
        #expect(try await update(arn, ("definition", .string(Service.pass)))["revisionId"] == nil)
        let first = try await update(arn, ("roleArn", .string("other")))
        let second = try await update(
            arn, ("roleArn", .string("other")), ("definition", .string(Service.pass)))
        #expect(first.text("revisionId") == second.text("revisionId"))
        #expect(try await service.store.revisionCount() == 2)
    }

    @Test func updateOfNothingIsRefused() async throws {
        let arn = try await service.create("orders")
        let error = await service.error("UpdateStateMachine", [("stateMachineArn", .string(arn))])
        #expect(error?.type == "MissingRequiredParameter")
    }

    @Test func updateOfAVersionIsRefused() async throws {
        let arn = try await service.create("orders", [("publish", .bool(true))])
        let error = await service.error(
            "UpdateStateMachine", [("stateMachineArn", .string(arn + ":1")), ("roleArn", .string("other"))])
        #expect(error?.type == "InvalidArn")
    }

    @Test func updateThatIsRefusedChangesNothing() async throws {
        let service = Service(Service.settings { $0.versions = 1 })
        let arn = try await service.create("orders", [("publish", .bool(true))])
        let error = await service.error(
            "UpdateStateMachine",
            [("stateMachineArn", .string(arn)), ("roleArn", .string("other")), ("publish", .bool(true))])
        #expect(error?.type == "ServiceQuotaExceededException")
        #expect(try await service.describe(arn).text("roleArn") == Service.role)
        #expect(try await service.store.revisionCount() == 1)
    }

    @Test func descriptionNeedsPublication() async throws {
        let arn = try await service.create("orders")
        let error = await service.error(
            "UpdateStateMachine",
            [
                ("stateMachineArn", .string(arn)), ("roleArn", .string("other")),
                ("versionDescription", .string("x")),
            ])
        #expect(
            error
                == ServiceError(
                    "ValidationException", "Version description can only be set when publish is true"))
    }

    // MARK: - Configuration

    static let destination = StateValue.members([
        (
            "cloudWatchLogsLogGroup",
            .members([("logGroupArn", .string("arn:aws:logs:us-east-1:000000000000:log-group:/states/one:*"))]
            )
        )
    ])

    @Test func configurationIsReturned() async throws {
        let logging = StateValue.members([
            ("level", .string("ALL")), ("includeExecutionData", .bool(true)),
            ("destinations", .array([UpdateTests.destination])),
        ])
        let encryption = StateValue.members([
            ("kmsKeyId", .string("alias/one")), ("kmsDataKeyReusePeriodSeconds", .integer(300)),
            ("type", .string("CUSTOMER_MANAGED_KMS_KEY")),
        ])
        let arn = try await service.create("orders", [("loggingConfiguration", logging)])
        _ = try await update(
            arn, ("tracingConfiguration", .members([("enabled", .bool(true))])),
            ("encryptionConfiguration", encryption))
        let machine = try await service.describe(arn)
        #expect(machine["loggingConfiguration"] == logging)
        #expect(machine["tracingConfiguration"] == .members([("enabled", .bool(true))]))
        #expect(machine["encryptionConfiguration"] == encryption)
        let startable = try await service.functions.startableMachine(arn)
        #expect(startable.revision.configuration.logLevel == "ALL")
        #expect(startable.revision.configuration.isTraced)
    }

    @Test(arguments: [
        (#"{"level": "ALL"}"#, "Must specify exactly one Log Destination."),
        (#"{"level": "ALL", "destinations": []}"#, "Must specify exactly one Log Destination."),
        (#"{"level": "SOME"}"#, "The level must be ALL, ERROR, FATAL or OFF."),
        (#"{"level": "ALL", "destinations": [{}]}"#, "Log Destination not found."),
        (
            #"{"destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:sqs:a:b:log-group:c:*"}}]}"#,
            "Log Destination not found."
        ),
    ])
    func invalidLoggingIsRefused(logging: String, message: String) async throws {
        let error = await service.error(
            "CreateStateMachine",
            [
                ("name", .string("m")), ("definition", .string(Service.pass)), ("roleArn", .string("r")),
                ("loggingConfiguration", try StateValue(parsing: logging)),
            ])
        #expect(
            error == ServiceError("InvalidLoggingConfiguration", "Invalid Logging Configuration: \(message)"))
    }

    @Test func twoLogDestinationsAreRefused() async throws {
        let two = StateValue.array([UpdateTests.destination, UpdateTests.destination])
        for level in ["OFF", "ALL"] {
            let error = await service.error(
                "CreateStateMachine",
                [
                    ("name", .string("m")), ("definition", .string(Service.pass)), ("roleArn", .string("r")),
                    ("loggingConfiguration", .members([("level", .string(level)), ("destinations", two)])),
                ])
            #expect(
                error?.message == "Invalid Logging Configuration: Must specify exactly one Log Destination.")
        }
    }

    @Test(arguments: [
        ("tracingConfiguration", "{}", "InvalidTracingConfiguration"),
        ("tracingConfiguration", #"{"enabled": "yes"}"#, "InvalidTracingConfiguration"),
        ("encryptionConfiguration", "{}", "InvalidEncryptionConfiguration"),
        ("encryptionConfiguration", #"{"type": "NONE"}"#, "InvalidEncryptionConfiguration"),
        (
            "encryptionConfiguration", #"{"type": "CUSTOMER_MANAGED_KMS_KEY"}"#,
            "InvalidEncryptionConfiguration"
        ),
        (
            "encryptionConfiguration",
            #"{"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "a", "kmsDataKeyReusePeriodSeconds": 59}"#,
            "InvalidEncryptionConfiguration"
        ),
        (
            "encryptionConfiguration", #"{"type": "AWS_OWNED_KEY", "kmsKeyId": "a"}"#,
            "InvalidEncryptionConfiguration"
        ),
    ])
    func invalidConfigurationIsRefused(member: String, value: String, type: String) async throws {
        let arn = try await service.create("orders")
        let error = await service.error(
            "UpdateStateMachine",
            [("stateMachineArn", .string(arn)), (member, try StateValue(parsing: value))])
        #expect(error?.type == type)
    }
}
