public import LonghaulBroker
public import LonghaulCore

/// IDs in Kafka: a topic for each queue and band, read by one consumer group.
///
/// The value of a message is the ID, its key the kind of job. A server reads only as many IDs as its workers wait for, and
/// leaves the group while none waits, so that other servers get its partitions. An offset is committed when all IDs before
/// it are processed. Losing all messages, or reading some again, delays jobs but loses none.
public final class KafkaTransport: BrokerTransport {
    /// A partition of a topic.
    struct Partition: Sendable, Hashable {
        let topic: String
        let number: Int32
    }

    /// The place of a message.
    public struct Receipt: Sendable, Hashable {
        let partition: Partition
        let offset: Int64
    }

    private let address: KafkaAddress
    private let topics: KafkaTopics
    private let producer: KafkaProducer
    private(set) var consumer: KafkaConsumer?
    private var knownQueues: Set<String> = []

    /// Connects.
    ///
    /// - Throws: `unavailable`.
    public convenience init(_ address: KafkaAddress) throws(LonghaulError) {
        try self.init(address, KafkaEvents())
    }

    init(_ address: KafkaAddress, _ events: KafkaEvents) throws(LonghaulError) {
        self.address = address
        topics = KafkaTopics(prefix: address.prefix)
        producer = try KafkaProducer(address, events)
    }

    /// Commits offsets, leaves the group and closes the connections.
    public func close() {
        consumer?.close()
        consumer = nil
        producer.close()
    }

    /// Creates the topics of queues, or checks that they exist.
    ///
    /// - Throws: `unavailable` naming the topic.
    public func prepare(_ queues: some Sequence<String>) throws(LonghaulError) {
        let new = Set(queues).subtracting(knownQueues)
        guard !new.isEmpty else { return }
        try producer.create(new.flatMap(topics.names))
        knownQueues.formUnion(new)
    }

    /// Checks that this server may use the consumer group.
    ///
    /// - Throws: `unavailable` naming the group.
    func checkGroup() throws(LonghaulError) {
        try producer.checkGroup(with: topics.name("default", .middle))
    }

    /// Publishes the IDs, and waits until the cluster has accepted all of them.
    public func publish(_ entries: [QueueEntry]) throws {
        try prepare(entries.map(\.queue))
        for entry in entries {
            let topic = topics.name(entry.queue, Lane.Band(priority: entry.priority))
            try producer.send(entry.id.description, key: entry.kind, to: topic)
        }
        try producer.flush()
    }

    /// Reads IDs of the lanes, higher bands first.
    public func fetch(
        _ lanes: Set<Lane>, limit: Int, seconds: Double
    ) throws -> [BrokerDelivery<Receipt>] {
        try prepare(lanes.map(\.queue))
        return try open().fetch(lanes, limit: limit, seconds: seconds)
    }

    private func open() throws(LonghaulError) -> KafkaConsumer {
        if let consumer { return consumer }
        let consumer = try KafkaConsumer(address, topics)
        self.consumer = consumer
        return consumer
    }

    /// Marks the IDs as processed, and commits the offset before which all are.
    public func acknowledge(_ receipts: [Receipt]) throws { consumer?.acknowledge(receipts) }

    /// Keeps the IDs until a worker of this server waits for them, or the partition goes to another server.
    public func requeue(_ receipts: [Receipt]) throws { consumer?.requeue(receipts) }

    /// The number of messages of the queue that the group has not processed.
    public func held(of queue: String, kinds: Set<String>) throws -> Int? {
        try producer.backlog(of: topics.names(queue))
    }

    /// The kinds for which no worker of this server waits, and of which it has read IDs.
    public func kinds(of queue: String) throws -> Set<String> { consumer?.kinds(of: queue) ?? [] }

    /// Requests the list of brokers.
    public func check() throws { try producer.handle.connect() }

    /// Serves the group. Leaves it when no worker has waited for two seconds, so that other servers get its partitions.
    public func rest() throws { try consumer?.rest() }

    /// A rebalance waits for an answer of every server.
    public static var restSeconds: Double? { 1 }
}
