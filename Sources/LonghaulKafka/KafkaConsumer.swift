import CKafka
import Glibc
import LonghaulBroker
import LonghaulCore

/// This server as a member of the consumer group. Used by one thread, which also runs the callbacks of librdkafka.
///
/// The messages of all partitions of a band arrive in one queue, so that higher bands are read first. The group's events
/// arrive in the queue of the consumer.
final class KafkaConsumer {
    typealias Delivery = BrokerDelivery<KafkaTransport.Receipt>

    /// The time without acknowledgement after which an ID counts as processed. The store still has its job.
    private static let abandonedAfter = Duration.seconds(30)
    /// The time without a waiting worker after which the server leaves the group.
    private static let leavesAfter = Duration.seconds(2)
    /// The time after which the server no longer reads a queue for which no worker waits.
    private static let forgetsQueueAfter = Duration.seconds(60)
    private static let commitInterval = Duration.milliseconds(100)
    /// The maximum time in which lower bands wait for the first messages of a new partition of a higher band.
    private static let firstReadWithin = Duration.seconds(2)

    let handle: KafkaHandle
    private let address: KafkaAddress
    private let topics: KafkaTopics
    private let isStatic: Bool
    private let bands: BandQueues
    let assignment: KafkaAssignment
    private var buffer = DeliveryBuffer()
    /// The queues that this server reads, with the last time a worker waited for each.
    private var wanted: [String: ContinuousClock.Instant] = [:]
    private var subscribed: Set<String> = []
    /// The queue of each topic.
    private var queues: [String: String] = [:]
    private var lastFetch = ContinuousClock.now
    private var lastCommit = ContinuousClock.now

    /// Creates the member. It joins the group with the first ``fetch(_:limit:seconds:)``.
    init(_ address: KafkaAddress, _ topics: KafkaTopics) throws(LonghaulError) {
        self.topics = topics
        self.address = address
        isStatic = address.instance != nil
        handle = try ParkedConsumers.take(address)
        rd_kafka_poll_set_consumer(handle.pointer)
        bands = try BandQueues(handle)
        assignment = KafkaAssignment(handle, bands)
        // The end of this object closes the client, which calls this closure: too late for a checked reference.
        handle.events.rebalance = { [unowned(unsafe) self] code, partitions in rebalance(code, partitions) }
    }

    deinit { close() }

    /// Commits, leaves the group within a bounded time, and closes the connections.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        let answers = !handle.events.isDown && assignment.commit(waits: true)
        guard hasBeenAssigned || !hasSubscribed else {
            bands.close()
            ParkedConsumers.park(handle, address)
            return
        }
        leaveGroup(within: answers ? .seconds(3) : .milliseconds(200))
        bands.close()
        handle.close()
    }

    private var isClosed = false
    private var hasSubscribed = false
    /// Whether there was an assignment, also an empty one. Until then librdkafka may be unable to end the client.
    private var hasBeenAssigned = false

    /// Leaves the group. librdkafka waits for answers of the broker, so the wait has a limit.
    ///
    /// The client unsubscribes first. librdkafka postpones a change of the subscription during a rebalance, and 2.0.2 makes it
    /// while the client ends, which then aborts the process.
    private func leaveGroup(within limit: Duration) {
        let queue = rd_kafka_queue_new(handle.pointer)
        defer { rd_kafka_queue_destroy(queue) }
        if !isStatic { rd_kafka_unsubscribe(handle.pointer) }
        let error = rd_kafka_consumer_close_queue(handle.pointer, queue)
        guard error == nil else { return rd_kafka_error_destroy(error) }
        // Only now: a static member that unsubscribes before its end leaves the group, which costs a rebalance.
        if isStatic { rd_kafka_unsubscribe(handle.pointer) }
        let end = ContinuousClock.now + limit
        while rd_kafka_consumer_closed(handle.pointer) == 0, ContinuousClock.now < end {
            rd_kafka_queue_poll_callback(queue, 50)
        }
    }

    // MARK: Reading

    /// Reads IDs of the lanes, higher bands first. Reads no more messages than it needs to find them.
    func fetch(_ lanes: Set<Lane>, limit: Int, seconds: Double) throws(LonghaulError) -> [Delivery] {
        lastFetch = .now
        try subscribe(Set(lanes.map(\.queue)))
        let end = ContinuousClock.now + .seconds(seconds)
        while true {
            try serve()
            let found = try take(lanes, limit: limit)
            guard found.isEmpty, ContinuousClock.now < end else { return found }
            bands.wait(until: end)
        }
    }

    private func take(_ lanes: Set<Lane>, limit: Int) throws(LonghaulError) -> [Delivery] {
        var found: [Delivery] = []
        for band in Lane.Band.allCases.reversed() where found.count < limit {
            let lanesOfBand = lanes.filter { $0.band == band }
            found += buffer.takeWaiting(Array(lanesOfBand), limit: limit - found.count, at: .now)
            found += try read(band, lanesOfBand, limit: limit - found.count)
            // A higher band whose partitions were just assigned may have messages that have not arrived yet.
            if !assignment.isRead(band, within: Self.firstReadWithin) { break }
        }
        return found
    }

    /// Reads messages of a band. Keeps those of other lanes.
    private func read(
        _ band: Lane.Band, _ lanes: Set<Lane>, limit: Int
    ) throws(LonghaulError) -> [Delivery] {
        var found: [Delivery] = []
        // Messages that are not IDs take no space, so the number of messages has a limit as well.
        var left = limit + DeliveryBuffer.capacity
        while found.count < limit, left > 0, buffer.hasSpace,
            let message = rd_kafka_consume_queue(bands[band], 0)
        {
            left -= 1
            defer { rd_kafka_message_destroy(message) }
            guard let delivery = try accept(message, band) else { continue }
            if lanes.contains(delivery.lane) {
                buffer.recordDelivered(delivery, at: .now)
                found.append(delivery)
            } else {
                buffer.addWaiting(delivery)
            }
        }
        return found
    }

    /// The ID of a message; nil for an event of a partition, and for a message that is not an ID. Such a message counts as
    /// processed, and stays in the topic until Kafka deletes it.
    private func accept(
        _ pointer: UnsafeMutablePointer<rd_kafka_message_t>, _ band: Lane.Band
    ) throws(LonghaulError) -> Delivery? {
        let message = pointer.pointee
        guard let topic = message.rkt.flatMap({ rd_kafka_topic_name($0) }) else { return nil }
        let partition = KafkaTransport.Partition(topic: String(cString: topic), number: message.partition)
        guard message.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
            if message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF { assignment.recordFirstRead(partition) }
            try check(pointer)
            return nil
        }
        guard assignment.recordRead(message.offset, of: partition) else { return nil }
        let value = UnsafeRawBufferPointer(start: message.payload, count: message.len)
        let key = UnsafeRawBufferPointer(start: message.key, count: message.key_len)
        guard value.count < 100, let id = JobID(String(decoding: value, as: UTF8.self)), !key.isEmpty,
            let queue = queues[partition.topic]
        else {
            assignment.recordProcessed(message.offset, of: partition)
            return nil
        }
        return Delivery(
            receipt: KafkaTransport.Receipt(partition: partition, offset: message.offset),
            lane: Lane(queue: queue, kind: String(decoding: key, as: UTF8.self), band: band), id: id)
    }

    // MARK: Acknowledging

    func acknowledge(_ receipts: [KafkaTransport.Receipt]) {
        for receipt in receipts where buffer.remove(receipt) {
            assignment.recordProcessed(receipt.offset, of: receipt.partition)
        }
        commitIfDue()
    }

    func requeue(_ receipts: [KafkaTransport.Receipt]) {
        // In reverse, because each is inserted before the others.
        for receipt in receipts.reversed() { buffer.requeue(receipt) }
    }

    func kinds(of queue: String) -> Set<String> { buffer.kinds(of: queue) }

    /// A lost commit repeats IDs, which has no effect, so nothing waits for its answer.
    private func commitIfDue() {
        let now = ContinuousClock.now
        guard now - lastCommit >= Self.commitInterval else { return }
        lastCommit = now
        for receipt in buffer.removeDelivered(before: now - Self.abandonedAfter) {
            assignment.recordProcessed(receipt.offset, of: receipt.partition)
        }
        assignment.commit(waits: false)
    }

    // MARK: The group

    /// Answers the group while no worker waits. Leaves it after a while, unless the membership is static.
    func rest() throws(LonghaulError) {
        try serve()
        guard !isStatic, !subscribed.isEmpty, ContinuousClock.now - lastFetch >= Self.leavesAfter else {
            return
        }
        assignment.commit(waits: true)
        try handle.check(rd_kafka_unsubscribe(handle.pointer), "leaving group")
        subscribed = []
        wanted = [:]
        // The revocation of the partitions is an event, too.
        let end = ContinuousClock.now + .seconds(1)
        while !assignment.isEmpty, ContinuousClock.now < end {
            try serve()
            bands.wait(until: end)
        }
    }

    /// Reads the topics of these queues, and of those for which workers waited a short time ago.
    private func subscribe(_ queues: Set<String>) throws(LonghaulError) {
        for queue in queues { wanted[queue] = lastFetch }
        let current = wanted.filter { lastFetch - $0.value < Self.forgetsQueueAfter }
        guard !queues.isSubset(of: subscribed) || current.count < wanted.count else { return }
        wanted = current
        subscribed = Set(wanted.keys)
        // A partition stays with this server until the group takes it away.
        let assigned = assignment.topics
        self.queues = self.queues.filter { assigned.contains($0.key) }
        let list = rd_kafka_topic_partition_list_new(Int32(subscribed.count * 3))
        defer { rd_kafka_topic_partition_list_destroy(list) }
        for queue in subscribed {
            for topic in topics.names(queue) {
                self.queues[topic] = queue
                rd_kafka_topic_partition_list_add(list, topic, longhaul_kafka_any_partition)
            }
        }
        hasSubscribed = true
        try handle.check(rd_kafka_subscribe(handle.pointer, list), "subscribing")
    }

    /// Runs the callbacks of the group's events, and commits.
    ///
    /// - Throws: `unavailable` if no broker answers or the group refuses this server.
    private func serve() throws(LonghaulError) {
        bands.clearSignal()
        while let message = rd_kafka_consumer_poll(handle.pointer, 0) {
            defer { rd_kafka_message_destroy(message) }
            try check(message)
        }
        if handle.events.isDown { throw handle.events.unavailable("failed while reading") }
        commitIfDue()
    }

    /// Throws if a message says that the group or a topic refuses this server. Workers then query the store each second,
    /// and the server joins again after a while.
    private func check(_ message: UnsafeMutablePointer<rd_kafka_message_t>) throws(LonghaulError) {
        switch message.pointee.err {
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT,
            RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL, RD_KAFKA_RESP_ERR_INVALID_GROUP_ID:
            throw handle.events.unavailable(
                "failed while reading in group \(address.group)",
                String(cString: rd_kafka_message_errstr(message)))
        default: return
        }
    }

    private func rebalance(
        _ code: rd_kafka_resp_err_t, _ partitions: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>
    ) {
        hasBeenAssigned = true
        if code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            assignment.add(partitions)
        } else {
            for partition in assignment.remove(partitions, commits: !isClosed) {
                buffer.removeAll(of: partition)
            }
        }
    }
}
