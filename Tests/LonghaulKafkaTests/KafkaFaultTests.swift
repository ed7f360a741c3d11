import Foundation
import LonghaulBroker
import LonghaulConformance
import LonghaulCore
import LonghaulTestServers
import LonghaulTestSupport
import Synchronization
import Testing

@testable import LonghaulKafka

/// Faults of a cluster, by librdkafka's mock cluster: no published ID is lost while the cluster keeps its data.
@Suite struct KafkaFaultTests {
    private let ids = JobIDGenerator(time: SystemTime(), random: SystemRandom())
    private let lane = Lane(queue: "default", kind: "work", band: .middle)
    private let interest = QueueInterest(queues: ["default"], kinds: ["work"])
    private let mock: KafkaMock
    private let address: KafkaAddress

    /// The numbers of requests and errors in Kafka's protocol.
    private enum Code {
        static let produce = 0
        static let fetch = 1
        static let offsetCommit = 8
        static let offsetFetch = 9
        static let joinGroup = 11
        static let heartbeat = 12
        static let syncGroup = 14
        static let disconnect = -195
        static let notLeader = 6
        static let timedOut = 7
        static let notCoordinator = 16
        static let unknownMember = 25
        static let invalidSessionTimeout = 26
        static let rebalance = 27
        static let groupAuthorization = 30
        static let topicAuthorization = 29
    }

    init() throws {
        mock = try KafkaMock(brokers: 1)
        try mock.createTopics(prefix: "longhaul")
        address = try KafkaAddress(mock.url + "?session=6")
    }

    private func entries(_ count: Int) -> [QueueEntry] {
        (0..<count).map { _ in QueueEntry(id: ids.next(), queue: "default", kind: "work", priority: 5) }
    }

    /// Publishes until the call succeeds, as the engine does.
    private func publish(_ entries: [QueueEntry], _ queue: BrokerQueue<KafkaTransport>) async throws {
        try await retrying(within: 60, if: { ($0 as? LonghaulError)?.code == .unavailable }) {
            try await queue.publish(entries)
        }
    }

    /// A new server publishes and receives a number of IDs.
    private func expectPassage(of count: Int) async throws {
        let (queue, entries) = (queue(), entries(count))
        try await publish(entries, queue)
        try await queue.receiveAll(entries, interest)
        await queue.close()
    }

    private func queue() -> BrokerQueue<KafkaTransport> {
        BrokerQueue(time: SystemTime()) { [address] in try KafkaTransport(address) }
    }

    @Test func brokerThatWasDownIsUsedAgain() async throws {
        let queue = queue()
        let before = entries(5)
        try await publish(before, queue)
        try await queue.receiveAll(before, interest)
        try mock.run("down 1")
        await #expect(throws: LonghaulError.self) { try await queue.publish(entries(1)) }
        await #expect(throws: LonghaulError.self) { try await queue.checkReady() }
        try mock.run("up 1")
        let after = entries(20)
        try await publish(after, queue)
        try await queue.receiveAll(after, interest)
        await queue.close()
    }

    /// Each request fails several times, with errors and with closed connections.
    @Test(arguments: [
        [(Code.produce, Code.notLeader), (Code.produce, Code.timedOut)],
        [(Code.produce, Code.disconnect)],
        [(Code.fetch, Code.disconnect), (Code.fetch, Code.notLeader)],
        [(Code.offsetCommit, Code.notCoordinator), (Code.offsetCommit, Code.disconnect)],
        [(Code.heartbeat, Code.rebalance), (Code.heartbeat, Code.unknownMember)],
    ])
    func failedRequestsLoseNothing(_ faults: [(Int, Int)]) async throws {
        let queue = queue()
        let first = entries(10)
        try await publish(first, queue)
        try await queue.receiveAll(first, interest)
        for (api, code) in faults { try mock.run("fail \(api) \(code) 3") }
        let second = entries(50)
        try await publish(second, queue)
        try await queue.receiveAll(second, interest)
        await queue.close()
    }

    /// librdkafka cannot end a client that the group has accepted and that has no assignment yet.
    @Test func serverEndsWhileItJoins() async throws {
        try mock.run("fail \(Code.syncGroup) \(Code.notCoordinator) 1")
        let transport = try KafkaTransport(address)
        // The mock cluster accepts a member after three seconds; the member then repeats the request that failed.
        #expect(try transport.fetch([lane], limit: 1, seconds: 5).isEmpty)
        transport.close()
        try await expectPassage(of: 5)
    }

    /// librdkafka postpones a second change of the subscription until the rebalance of the first one has ended, and aborts the
    /// process if the client has ended by then.
    @Test(arguments: ["", "&instance=a"]) func serverEndsWhileItsSubscriptionChanges(more: String)
        async throws
    {
        let queues = ["images", "mails"]
        try mock.createTopics(prefix: "longhaul", queues: queues)
        let transport = try KafkaTransport(KafkaAddress(mock.url + "?session=6" + more))
        let publisher = queue()
        try await publish(entries(1), publisher)
        try await eventually("the server is a member") {
            try !transport.fetch([lane], limit: 1, seconds: 0.1).isEmpty
        }
        for queue in queues {
            let other = Lane(queue: queue, kind: "work", band: .middle)
            _ = try transport.fetch([lane, other], limit: 1, seconds: 0)
        }
        transport.close()
        await publisher.close()
        try await expectPassage(of: 5)
    }

    /// The group refuses a server, for example because of its session time-out.
    @Test func refusedServerReportsTheReasonAndJoinsLater() async throws {
        let transport = try KafkaTransport(address)
        try mock.run("fail \(Code.joinGroup) \(Code.invalidSessionTimeout) 1")
        try await eventually("the reason is reported") {
            do {
                _ = try transport.fetch([lane], limit: 1, seconds: 0.2)
                return false
            } catch {
                return "\(error)".contains("Invalid session timeout")
            }
        }
        transport.close()
        try await expectPassage(of: 3)
    }

    @Test func slowBrokerLosesNothing() async throws {
        try mock.run("delay 1 400")
        try await expectPassage(of: 20)
    }

    /// A server that ends has some IDs acknowledged, others not.
    @Test func unacknowledgedIDsOfAServerThatEndsAreDeliveredAgain() async throws {
        let first = try KafkaTransport(address)
        let entries = entries(8)
        try first.publish(entries)
        var taken: [BrokerDelivery<KafkaTransport.Receipt>] = []
        try await eventually("all IDs arrive") {
            taken += try first.fetch([lane], limit: 8, seconds: 0.2)
            return taken.count == 8
        }
        // Of each partition the oldest one, so that the committed offset moves.
        let finished = Dictionary(grouping: taken, by: \.receipt.partition).values.compactMap { deliveries in
            deliveries.min { $0.receipt.offset < $1.receipt.offset }
        }
        try first.acknowledge(finished.map(\.receipt))
        first.close()
        let second = try KafkaTransport(address)
        defer { second.close() }
        let left = Set(entries.map(\.id)).subtracting(finished.map(\.id))
        var found: Set<JobID> = []
        try await eventually("the others arrive") {
            found.formUnion(try second.fetch([lane], limit: 8, seconds: 0.2).map(\.id))
            return found.isSuperset(of: left)
        }
        #expect(found == left)
        #expect(try second.held(of: "default", kinds: []) == left.count)
    }

    /// A server without waiting workers leaves the group, and another one gets its partitions and the IDs in them.
    @Test func idleServerLeavesItsPartitionsToOthers() async throws {
        let idle = try KafkaTransport(address)
        defer { idle.close() }
        let entries = entries(6)
        try idle.publish(entries)
        var first: [JobID] = []
        try await eventually("one ID arrives") {
            let found = try idle.fetch([lane], limit: 1, seconds: 0.2)
            try idle.acknowledge(found.map(\.receipt))
            first += found.map(\.id)
            return !first.isEmpty
        }
        let busy = try KafkaTransport(address)
        defer { busy.close() }
        var found = Set(first)
        try await eventually("the others arrive at the other server", within: 60) {
            try idle.rest()
            let more = try busy.fetch([lane], limit: 10, seconds: 0.2)
            try busy.acknowledge(more.map(\.receipt))
            found.formUnion(more.map(\.id))
            return found.count == entries.count
        }
    }

    /// A second server joins and leaves while IDs are published. Both servers wait without a pause, because one that does not
    /// wait for two seconds leaves the group.
    @Test func rebalancesLoseNothing() async throws {
        let steady = queue()
        let atSteady = Received()
        let reading = Task { [interest] in
            try await atSteady.receive(interest, from: steady) { try await steady.acknowledge($0) }
        }
        defer { reading.cancel() }
        var published: [QueueEntry] = []
        for _ in 0..<2 {
            let guest = queue()
            let atGuest = Received()
            // The server ends without an acknowledgement.
            let waiting = Task { [interest] in try await atGuest.receive(interest, from: guest) }
            defer { waiting.cancel() }
            try await eventually("the second server receives IDs", every: .milliseconds(300)) {
                let more = entries(4)
                try await publish(more, steady)
                published += more
                return !atGuest.all.isEmpty
            }
            await guest.close()
        }
        let all = Set(published.map(\.id))
        try await eventually("all IDs arrive at the first server") { atSteady.all == all }
        reading.cancel()
        await steady.close()
    }

    @Test func wrongSettingsAreNamedWhenTheServerStarts() async throws {
        func expectError(_ url: String, _ reason: String) async throws {
            let address = try KafkaAddress(url)
            let error = await #expect(throws: LonghaulError.self) { try await KafkaTransport.verify(address) }
            #expect(error?.code == .invalidRequest)
            #expect(error?.detail.contains(reason) == true, "\(error?.detail ?? "no error")")
            #expect(error?.detail.contains("secret") == false)
        }
        #expect(try await KafkaTransport.verify(address) == .ready)
        try await expectError("kafka://longhaul.invalid", "longhaul.invalid:9092")
        try await expectError(
            mock.url.replacing("kafka:", with: "kafkas:") + "?ca=/nowhere.pem", "/nowhere.pem")
        try await expectError(
            mock.url.replacing("kafka:", with: "kafkas:") + "?cert=/nowhere.pem&key=/k.pem", "/nowhere.pem")
        try await expectError(mock.url.replacing("kafka://", with: "kafka://me:secret@"), "SASL")
        try mock.run("fail \(Code.offsetFetch) \(Code.groupAuthorization) 1")
        try await expectError(mock.url + "?group=team", "group team")
        try mock.run("refuse longhaul.default.high \(Code.topicAuthorization)")
        try await expectError(mock.url, "longhaul.default.high")
    }

    /// A cluster that is down does not keep a server from starting: its jobs are in the store.
    @Test func serverStartsWhileTheClusterIsDown() async throws {
        try mock.run("down 1")
        guard case .away(let reason) = try await KafkaTransport.verify(address) else {
            Issue.record("the cluster answers")
            return
        }
        #expect(reason.contains("Connection refused"), "\(reason)")
    }
}

/// The IDs that servers have received.
private final class Received: Sendable {
    private let ids = Mutex(Set<JobID>())

    var all: Set<JobID> { ids.withLock { $0 } }

    /// Receives until the task is cancelled or the queue is closed.
    func receive(
        _ interest: QueueInterest, from queue: BrokerQueue<KafkaTransport>,
        _ acknowledge: ([JobID]) async throws -> Void = { _ in }
    ) async throws {
        while true {
            let deadline = SystemTime().now().adding(seconds: 60)
            let delivery = try await retrying(if: { ($0 as? LonghaulError)?.code == .unavailable }) {
                try await queue.receive(interest, limit: 5, until: deadline)
            }
            guard case .jobs(let found) = delivery else { continue }
            ids.withLock { $0.formUnion(found) }
            try await acknowledge(found)
        }
    }
}
