import CKafka
import LonghaulBroker
import LonghaulCore

/// The partitions that the group has assigned to this server, with the progress of each.
final class KafkaAssignment {
    private struct Progress {
        var band: Lane.Band
        var offsets = PartitionOffsets()
        /// Whether the first messages have arrived, or there are none.
        var isRead = false
        let since = ContinuousClock.now
    }

    private let handle: KafkaHandle
    private let bands: BandQueues
    private var partitions: [KafkaTransport.Partition: Progress] = [:]

    init(_ handle: KafkaHandle, _ bands: BandQueues) {
        self.handle = handle
        self.bands = bands
    }

    var isEmpty: Bool { partitions.isEmpty }

    /// The partitions of this server.
    var all: Set<KafkaTransport.Partition> { Set(partitions.keys) }

    /// The topics of the partitions.
    var topics: Set<String> { Set(partitions.keys.lazy.map(\.topic)) }

    /// Takes partitions that the group assigns, and starts reading them.
    func add(_ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) {
        for partition in Self.partitions(in: list) {
            guard let band = Lane.Band.allCases.first(where: { partition.topic.hasSuffix(".\($0)") }) else {
                continue
            }
            partitions[partition] = Progress(band: band)
            let queue = rd_kafka_queue_get_partition(handle.pointer, partition.topic, partition.number)
            rd_kafka_queue_forward(queue, bands[band])
            rd_kafka_queue_destroy(queue)
        }
        rd_kafka_error_destroy(rd_kafka_incremental_assign(handle.pointer, list))
    }

    /// Commits and returns partitions that the group takes away.
    ///
    /// - Parameter commits: false if the server has committed before.
    func remove(
        _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>, commits: Bool
    ) -> [KafkaTransport.Partition] {
        // Without the assignment, the group refuses the commit.
        if commits, rd_kafka_assignment_lost(handle.pointer) == 0 { commit(waits: true) }
        let removed = Self.partitions(in: list)
        for partition in removed { partitions[partition] = nil }
        rd_kafka_error_destroy(rd_kafka_incremental_unassign(handle.pointer, list))
        return removed
    }

    private static func partitions(
        in list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>
    ) -> [KafkaTransport.Partition] {
        (0..<list.pointee.cnt).map { index in
            let entry = longhaul_kafka_partition(list, index).pointee
            return KafkaTransport.Partition(topic: String(cString: entry.topic), number: entry.partition)
        }
    }

    /// Records a message that was read. Returns false for a partition that this server no longer has.
    func recordRead(_ offset: Int64, of partition: KafkaTransport.Partition) -> Bool {
        guard partitions[partition] != nil else { return false }
        partitions[partition]?.offsets.recordRead(offset)
        partitions[partition]?.isRead = true
        return true
    }

    /// Records that a partition has no further messages.
    func recordFirstRead(_ partition: KafkaTransport.Partition) { partitions[partition]?.isRead = true }

    func recordProcessed(_ offset: Int64, of partition: KafkaTransport.Partition) {
        partitions[partition]?.offsets.recordProcessed(offset)
    }

    /// Whether the first messages of every partition of a band have arrived, or are overdue.
    func isRead(_ band: Lane.Band, within limit: Duration) -> Bool {
        let latest = ContinuousClock.now - limit
        return partitions.values.allSatisfy { $0.band != band || $0.isRead || $0.since < latest }
    }

    /// The maximum wait for the answer to a commit. A broker that stalls must not delay the end of a server.
    private static let commitTimeout = Duration.seconds(1)

    /// Commits the offsets that have changed. If a commit fails, a later one includes it, or IDs are repeated.
    ///
    /// - Returns: whether the commit succeeded, or was sent if this does not wait.
    @discardableResult
    func commit(waits: Bool) -> Bool {
        let changed = partitions.compactMap { partition, progress in
            progress.offsets.committable.map { (partition, $0) }
        }
        guard !changed.isEmpty, let list = rd_kafka_topic_partition_list_new(Int32(changed.count)) else {
            return true
        }
        defer { rd_kafka_topic_partition_list_destroy(list) }
        for (partition, offset) in changed {
            rd_kafka_topic_partition_list_add(list, partition.topic, partition.number).pointee.offset = offset
        }
        let isAccepted =
            waits
            ? commitAndWait(list) : rd_kafka_commit(handle.pointer, list, 1) == RD_KAFKA_RESP_ERR_NO_ERROR
        guard isAccepted else { return false }
        for (partition, offset) in changed { partitions[partition]?.offsets.recordCommitted(offset) }
        return true
    }

    private func commitAndWait(_ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> Bool {
        let answers = rd_kafka_queue_new(handle.pointer)
        defer { rd_kafka_queue_destroy(answers) }
        guard rd_kafka_commit_queue(handle.pointer, list, answers, nil, nil) == RD_KAFKA_RESP_ERR_NO_ERROR,
            let event = rd_kafka_queue_poll(answers, Self.commitTimeout.milliseconds)
        else { return false }
        defer { rd_kafka_event_destroy(event) }
        return rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR
    }
}
