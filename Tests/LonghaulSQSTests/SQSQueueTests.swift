import LonghaulBroker
import LonghaulConformance
import LonghaulCore
import LonghaulJSON
import LonghaulTestSupport
import Testing

@testable import LonghaulSQS

/// What the queue does in SQS.
@Suite struct SQSQueueTests {
    @Test func queuesAreCreatedWithTagsAndARedrivePolicy() async throws {
        let fixture = try await Fixture("&tags=team:data")
        #expect(try await fixture.service.verify() == .ready)
        for band in ["low", "middle", "high"] {
            let name = "\(fixture.prefix)-default-\(band)"
            let answer = try await fixture.service.call("ListQueueTags", on: name) { writer in
                writer.field("QueueUrl", name)
            }
            let tags = (answer?["Tags"]?.members ?? []).map { "\($0.key)=\($0.value.string ?? "")" }
            #expect(Set(tags) == ["team=data", "longhaul-queue=default", "longhaul-band=\(band)"])
            let policy = try await fixture.attribute("RedrivePolicy", of: name)
            #expect(policy?.contains(":\(fixture.prefix)-unreadable\"") == true, "\(policy ?? "")")
            #expect(try await fixture.attribute("VisibilityTimeout", of: name) == "30")
        }
        #expect(try await fixture.attribute("RedrivePolicy", of: "\(fixture.prefix)-unreadable") == nil)
    }

    @Test func givenQueuesAreUsedAsTheyAre() async throws {
        let fixture = try await Fixture("&create=false")
        for name in ["unreadable", "default-low", "default-middle", "default-high"] {
            _ = try await fixture.service.create(
                "\(fixture.prefix)-\(name)", tags: ["owner": "ops"], unreadable: nil)
        }
        let before = try await fixture.requests("CreateQueue").count
        #expect(try await fixture.service.verify() == .ready)
        let queue = fixture.queue()
        let entries = fixture.entries(3)
        try await queue.publish(entries)
        try await queue.receiveAll(entries, fixture.interest)
        // A queue that does not exist.
        let error = await #expect(throws: LonghaulError.self) {
            try await queue.publish(fixture.entries(1, queue: "mail"))
        }
        #expect(
            error?.detail
                == "there is no SQS queue \"\(fixture.prefix)-mail-middle\" in the region us-east-1, and create=false "
                + "forbids to create it")
        #expect(try await fixture.requests("CreateQueue").count == before)
        await queue.close()
    }

    @Test func requestsCarryTenMessages() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        let entries = fixture.entries(95)
        try await queue.publish(entries)
        try await expectFullBatches("SendMessageBatch", fixture)
        var received: Set<JobID> = []
        while received.count < 95 { received.formUnion(try await fixture.receive(queue, limit: 95)) }
        #expect(received == Set(entries.map(\.id)))
        #expect(
            try await fixture.requests("ReceiveMessage").filter { $0.queue.hasSuffix("middle") }.count < 30)
        try await queue.acknowledge(Array(received))
        try await eventually("all messages are deleted") { try await queue.held(of: "default") == 0 }
        try await expectFullBatches("DeleteMessageBatch", fixture)
        await queue.close()
    }

    /// Expects that 95 messages were sent in batches of ten. On a slow machine, a request may have been repeated.
    private func expectFullBatches(_ action: String, _ fixture: Fixture) async throws {
        let sizes = try await fixture.requests(action).map(\.entries)
        #expect(sizes.max() == 10 && (10..<30).contains(sizes.count), "\(sizes)")
    }

    @Test func idleServerSendsLongPollsOnly() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        let waiting = Task { try await fixture.receive(queue, limit: 1) }
        try await eventually("each band has a long poll") {
            Set(try await fixture.requests("ReceiveMessage").filter { $0.waitSeconds == 20 }.map(\.queue))
                .count == 3
        }
        let entries = fixture.entries(1)
        try await queue.publish(entries)
        #expect(try await waiting.value == Set(entries.map(\.id)))
        // One short read of each band, however long the wait was; twice as many if a poll failed.
        #expect(try await fixture.requests("ReceiveMessage").filter { $0.waitSeconds == 0 }.count <= 6)
        await queue.close()
    }

    @Test func messageWithoutAnIDIsMovedToTheQueueOfUnreadableMessages() async throws {
        let fixture = try await Fixture()
        #expect(try await fixture.service.verify() == .ready)
        let name = fixture.service.names.name(fixture.place)
        _ = try await fixture.service.call("SendMessage", on: name) { writer in
            writer.field("QueueUrl", name)
            writer.field("MessageBody", "{\"not\": \"an ID\"}")
        }
        let queue = fixture.queue()
        let entries = fixture.entries(2)
        try await queue.publish(entries)
        try await queue.receiveAll(entries, fixture.interest)
        try await eventually("the message is moved") {
            let count = "ApproximateNumberOfMessages"
            return try await fixture.attribute(count, of: fixture.service.names.unreadable) == "1"
        }
        try await eventually("the queue is empty") { try await queue.held(of: "default") == 0 }
        await queue.close()
    }

    @Test func serverWithoutAWaitingWorkerReturnsItsIDs() async throws {
        let fixture = try await Fixture()
        let idle = fixture.queue()
        // A worker waits for ten jobs, so the long poll takes ten IDs; then it is gone.
        let waiting = Task { try await fixture.receive(idle, limit: 10) }
        try await eventually("a long poll waits") {
            try await fixture.requests("ReceiveMessage").contains {
                $0.waitSeconds == 20 && $0.queue.hasSuffix("middle")
            }
        }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        let entries = fixture.entries(10)
        let busy = try await fixture.anotherQueue()
        try await busy.publish(entries)
        try await busy.receiveAll(entries, fixture.interest)
        await idle.close()
        await busy.close()
    }

    @Test func idsOfOtherKindsDoNotHideTheWantedOnes() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        try await queue.publish(fixture.entries(40, kind: "other"))
        let wanted = fixture.entries(1)
        try await queue.publish(wanted)
        #expect(try await fixture.receive(queue, limit: 1) == Set(wanted.map(\.id)))
        await queue.close()
    }

    @Test func closedServerReturnsIDsThatNoWorkerGot() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        let others = fixture.entries(5, kind: "other")
        let wanted = fixture.entries(1)
        try await queue.publish(others)
        try await queue.publish(wanted)
        #expect(try await fixture.receive(queue, limit: 1) == Set(wanted.map(\.id)))
        await queue.close()
        let name = fixture.service.names.name(fixture.place)
        try await eventually("the IDs are visible before their time-out", within: 20) {
            try await fixture.attribute("ApproximateNumberOfMessages", of: name) == "5"
        }
    }
}
