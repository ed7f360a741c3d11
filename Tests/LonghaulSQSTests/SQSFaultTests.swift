import LonghaulBroker
import LonghaulConformance
import LonghaulCore
import LonghaulJSON
import LonghaulTestServers
import LonghaulTestSupport
import Testing

@testable import LonghaulSQS

/// The queue while the server refuses, loses and delays requests, and wrong settings at the start.
@Suite struct SQSFaultTests {
    /// Publishes and receives IDs under faults of some requests.
    private func expectRecovery(_ faults: String) async throws {
        let fixture = try await Fixture()
        #expect(try await fixture.service.verify() == .ready)
        try await fixture.plan(faults)
        let queue = fixture.queue()
        let entries = fixture.entries(25)
        try await retrying(within: 60, if: { ($0 as? LonghaulError)?.code == .unavailable }) {
            try await queue.publish(entries)
        }
        try await queue.receiveAll(entries, fixture.interest)
        await queue.close()
    }

    @Test func throttledRequestsAreRepeated() async throws {
        try await expectRecovery(
            "{\"do\": \"error\", \"status\": 400, \"code\": \"RequestThrottled\", \"times\": 6, \"match\": \"=PREFIX\"}"
        )
    }

    @Test func errorsOfTheServiceAreRepeated() async throws {
        try await expectRecovery(
            "{\"do\": \"error\", \"status\": 503, \"code\": \"ServiceUnavailable\", \"times\": 6, \"match\": \"=PREFIX\"}"
        )
    }

    @Test func connectionsThatAreCutAreReplaced() async throws {
        try await expectRecovery("{\"do\": \"cut\", \"times\": 6, \"match\": \"=PREFIX\"}")
    }

    @Test func lostAnswersRepeatIDsAndLoseNone() async throws {
        try await expectRecovery(
            "{\"do\": \"lose_answer\", \"times\": 2, \"match\": \"SendMessageBatch.*=PREFIX\"},"
                + "{\"do\": \"lose_answer\", \"times\": 2, \"match\": \"DeleteMessageBatch.*=PREFIX\"}")
    }

    @Test func refusedEntryFailsTheCall() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        // The queue publishes a second time by itself.
        try await fixture.plan("{\"do\": \"refuse\", \"times\": 2, \"match\": \"SendMessageBatch.*=PREFIX\"}")
        let error = await #expect(throws: LonghaulError.self) { try await queue.publish(fixture.entries(3)) }
        #expect(error?.code == .unavailable)
        #expect(
            error?.detail.hasSuffix("refused a message (InternalError)") == true, "\(error?.detail ?? "")")
        await queue.close()
    }

    @Test func expiredCredentialsAreReadAgain() async throws {
        try await expectRecovery(
            "{\"do\": \"error\", \"status\": 403, \"code\": \"ExpiredToken\", \"match\": \"SendMessageBatch.*=PREFIX\"}"
        )
    }

    @Test func deletedQueueIsCreatedAgain() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        let before = fixture.entries(1)
        try await queue.publish(before)
        try await queue.receiveAll(before, fixture.interest)
        for name in ["default-middle", "unreadable"] {
            _ = try await fixture.service.call("DeleteQueue", on: name) { writer in
                writer.field("QueueUrl", "\(fixture.prefix)-\(name)")
            }
        }
        let after = fixture.entries(3)
        try await queue.publish(after)
        try await queue.receiveAll(after, fixture.interest)
        await queue.close()
    }

    @Test func serverThatIsDownEndsTheWaits() async throws {
        let service = try await Fixture.open("sqs://?endpoint=http://127.0.0.1:1")
        let queue = BrokerQueue(time: SystemTime()) { SQSTransport(service) }
        let readiness = try await service.verify()
        guard case .away(let reason) = readiness else {
            Issue.record("the server is \(readiness)")
            return
        }
        #expect(reason.contains("127.0.0.1:1"))
        let interest = QueueInterest(queues: ["default"], kinds: ["work"])
        let error = await #expect(throws: LonghaulError.self) {
            _ = try await queue.receive(interest, limit: 1, until: SystemTime().now().adding(seconds: 60))
        }
        #expect(error?.code == .unavailable)
        await #expect(throws: LonghaulError.self) { try await queue.checkReady() }
        await queue.close()
        await service.close()
    }

    // MARK: The start

    private func expectStart(
        _ more: String, _ variables: [String: String] = AWSServer.credentials, fails sentence: String
    ) async throws {
        let server = try AWSServer.shared.get()
        let error = await #expect(throws: LonghaulError.self) {
            _ = try await Fixture.open("sqs://?endpoint=\(server.url)" + more, variables).verify()
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.detail.contains(sentence) == true, "\(error?.detail ?? "")")
        for secret in ["test-secret", "wrong-secret"] { #expect(error?.detail.contains(secret) == false) }
    }

    @Test func wrongRegionEndsTheStart() async throws {
        let url = try AWSServer.shared.get().url
        try await expectStart(
            "&region=eu-west-1", fails: "SQS at \(url) does not accept the region eu-west-1: set region")
    }

    @Test func missingRegionEndsTheStart() async throws {
        let error = await #expect(throws: LonghaulError.self) { _ = try await Fixture.open("sqs://") }
        #expect(error?.detail.hasPrefix("there is no region: add ?region=NAME") == true)
    }

    @Test func unknownHostEndsTheStart() async throws {
        let error = await #expect(throws: LonghaulError.self) {
            _ = try await Fixture.open("sqs://?endpoint=http://host.invalid").verify()
        }
        #expect(error?.detail == "the host host.invalid of the endpoint is unknown", "\(error?.detail ?? "")")
    }

    @Test func missingQueueEndsTheStart() async throws {
        try await expectStart(
            "&prefix=absent&create=false",
            fails: "there is no SQS queue \"absent-unreadable\" in the region us-east-1")
    }

    @Test func wrongCredentialsEndTheStart() async throws {
        try await expectStart("", [:], fails: "there are no AWS credentials")
        try await expectStart(
            "", ["AWS_ACCESS_KEY_ID": "UNKNOWN", "AWS_SECRET_ACCESS_KEY": "wrong-secret"],
            fails: "SQS does not know the AWS access key ID (InvalidClientTokenId)")
        try await expectStart(
            "", ["AWS_ACCESS_KEY_ID": "AKIDTEST", "AWS_SECRET_ACCESS_KEY": "wrong-secret"],
            fails: "the AWS secret access key does not belong to the access key ID")
        try await expectStart(
            "", AWSServer.credentials.merging(["AWS_SESSION_TOKEN": "expired"]) { $1 },
            fails: "the session token of the AWS credentials is invalid or has expired (ExpiredToken)")
        try await expectStart(
            "", ["AWS_ACCESS_KEY_ID": "AKIDDENIED", "AWS_SECRET_ACCESS_KEY": "denied-secret"],
            fails:
                "sqs:GetQueueUrl on the queue \"longhaul-unreadable\" is not allowed for these AWS credentials "
                + "(AccessDeniedException")
    }
}
