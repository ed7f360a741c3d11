import CKafka
import LonghaulCore

/// The client that publishes IDs, and creates and describes topics.
final class KafkaProducer {
    let handle: KafkaHandle
    private let address: KafkaAddress
    private let results: OpaquePointer
    private var topics: [String: OpaquePointer] = [:]

    /// Connects.
    ///
    /// - Throws: `unavailable`.
    init(_ address: KafkaAddress, _ events: KafkaEvents) throws(LonghaulError) {
        self.address = address
        if let file = address.unreadableFile {
            events.recordWrongSetting()
            throw events.unavailable("cannot be used with these settings", "\(file) cannot be read")
        }
        handle = try KafkaHandle(RD_KAFKA_PRODUCER, address.producerSettings, events)
        results = rd_kafka_queue_new(handle.pointer)
        do {
            try handle.connect()
        } catch {
            close()
            throw error
        }
    }

    func close() {
        for topic in topics.values { rd_kafka_topic_destroy(topic) }
        topics = [:]
        rd_kafka_queue_destroy(results)
        handle.close()
    }

    // MARK: Messages

    /// Adds a message to the outgoing ones. ``flush()`` waits for its confirmation.
    func send(_ value: String, key: String, to topic: String) throws(LonghaulError) {
        let end = ContinuousClock.now + KafkaHandle.timeout
        let topic = try object(topic)
        while true {
            let code = value.withCString { bytes in
                rd_kafka_produce(
                    topic, longhaul_kafka_any_partition, RD_KAFKA_MSG_F_COPY,
                    UnsafeMutableRawPointer(mutating: bytes),
                    value.utf8.count, key, key.utf8.count, nil)
            }
            if code == 0 { return }
            let error = rd_kafka_last_error()
            guard error == RD_KAFKA_RESP_ERR__QUEUE_FULL, ContinuousClock.now < end else {
                return try handle.check(error, "publishing")
            }
            // Confirmations make space.
            rd_kafka_poll(handle.pointer, 100)
        }
    }

    /// Waits until the cluster has accepted all messages.
    ///
    /// - Throws: `unavailable`; each message may have been accepted or not.
    func flush() throws(LonghaulError) {
        let code = rd_kafka_flush(handle.pointer, (KafkaHandle.timeout + .seconds(1)).milliseconds)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR {
            rd_kafka_purge(handle.pointer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
            rd_kafka_poll(handle.pointer, 0)
            throw handle.events.unavailable("did not accept all messages")
        }
        if let rejection = handle.events.rejection {
            throw handle.events.unavailable("did not accept all messages", rejection)
        }
    }

    private func object(_ name: String) throws(LonghaulError) -> OpaquePointer {
        if let topic = topics[name] { return topic }
        guard let topic = rd_kafka_topic_new(handle.pointer, name, nil) else {
            throw handle.events.unavailable(
                "cannot use topic \(name)", KafkaHandle.text(rd_kafka_last_error()))
        }
        topics[name] = topic
        return topic
    }

    // MARK: Topics

    /// The number of partitions of a topic; nil if it does not exist or has no leader yet.
    func partitions(of name: String) throws(LonghaulError) -> Int? {
        try partitions(of: try object(name), "describing topic \(name)")[name]
    }

    /// The number of partitions of each existing topic that this server may see; of one topic, or of all.
    ///
    /// Only the question about one topic makes some clusters create it, with partitions of their own choice.
    ///
    /// - Throws: `unavailable`, also for a topic in `names` that cannot be used.
    private func partitions(
        of topic: OpaquePointer?, _ what: String, names: [String] = []
    ) throws(LonghaulError) -> [String: Int] {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(
            handle.pointer, topic == nil ? 1 : 0, topic, &metadata, KafkaHandle.timeout.milliseconds)
        try handle.check(code, what)
        defer { rd_kafka_metadata_destroy(metadata) }
        guard let list = metadata?.pointee else { return [:] }
        var counts: [String: Int] = [:]
        for found in UnsafeBufferPointer(start: list.topics, count: Int(list.topic_cnt)) {
            let name = String(cString: found.topic)
            switch found.err {
            case RD_KAFKA_RESP_ERR_NO_ERROR:
                counts[name] = found.partition_cnt > 0 ? Int(found.partition_cnt) : nil
            case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE: continue
            case let error where topic != nil || names.contains(name):
                handle.events.recordWrongSetting()
                throw handle.events.unavailable("cannot use topic \(name)", KafkaHandle.text(error))
            default: continue
            }
        }
        return counts
    }

    /// Creates topics that do not exist, and waits until each has a leader.
    ///
    /// - Throws: `unavailable` naming a topic that neither exists nor can be created.
    func create(_ names: [String]) throws(LonghaulError) {
        let known = try partitions(of: nil, "listing topics", names: names)
        let missing = names.filter { known[$0] == nil }
        guard !missing.isEmpty else { return }
        let errors = try request(missing)
        let end = ContinuousClock.now + KafkaHandle.timeout
        for name in missing {
            while try partitions(of: name) == nil {
                if let error = errors[name] {
                    handle.events.recordWrongSetting()
                    throw handle.events.unavailable(
                        "has no topic \(name) and does not allow this server to create it", error)
                }
                guard ContinuousClock.now < end else {
                    throw handle.events.unavailable("cannot use topic \(name)", "it has no leader")
                }
                rd_kafka_poll(handle.pointer, 50)
            }
        }
    }

    /// Requests the creation of topics. Returns why some were not created.
    private func request(_ names: [String]) throws(LonghaulError) -> [String: String] {
        var wanted: [OpaquePointer?] = names.map {
            rd_kafka_NewTopic_new($0, Int32(address.partitions), Int32(address.replicas ?? -1), nil, 0)
        }
        defer { rd_kafka_NewTopic_destroy_array(&wanted, wanted.count) }
        let options = options(for: RD_KAFKA_ADMIN_OP_CREATETOPICS)
        defer { rd_kafka_AdminOptions_destroy(options) }
        rd_kafka_CreateTopics(handle.pointer, &wanted, wanted.count, options, results)
        let event = try answer("creating topics")
        defer { rd_kafka_event_destroy(event) }
        let error = rd_kafka_event_error(event)
        // A broker that cannot create topics may have them.
        if error == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE {
            return Dictionary(names.map { ($0, KafkaHandle.text(error)) }) { first, _ in first }
        }
        try handle.check(error, "creating topics")
        var count = 0
        guard
            let found = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
        else { return [:] }
        var errors: [String: String] = [:]
        for result in UnsafeBufferPointer(start: found, count: count) {
            let code = rd_kafka_topic_result_error(result)
            if code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS {
                continue
            }
            errors[String(cString: rd_kafka_topic_result_name(result))] = KafkaHandle.text(code)
        }
        return errors
    }

    private func options(for operation: rd_kafka_admin_op_t) -> OpaquePointer? {
        let options = rd_kafka_AdminOptions_new(handle.pointer, operation)
        rd_kafka_AdminOptions_set_request_timeout(options, KafkaHandle.timeout.milliseconds, nil, 0)
        return options
    }

    /// The answer to a request; the caller releases it.
    private func answer(_ what: String) throws(LonghaulError) -> OpaquePointer {
        let wait = KafkaHandle.timeout + .seconds(1)
        guard let event = rd_kafka_queue_poll(results, wait.milliseconds) else {
            throw handle.events.unavailable("failed while \(what)", "it does not answer")
        }
        return event
    }

    // MARK: Offsets

    /// The number of messages of topics that the group has not processed. Topics that do not exist have none.
    func backlog(of names: [String]) throws(LonghaulError) -> Int {
        guard let list = rd_kafka_topic_partition_list_new(8) else { return 0 }
        defer { rd_kafka_topic_partition_list_destroy(list) }
        for name in names {
            for partition in 0..<(try partitions(of: name) ?? 0) {
                rd_kafka_topic_partition_list_add(list, name, Int32(partition))
            }
        }
        guard list.pointee.cnt > 0 else { return 0 }
        let ends = try offsets(list, at: longhaul_kafka_end)
        let beginnings = try offsets(list, at: longhaul_kafka_beginning)
        let committed = try committedOffsets(list)
        var count: Int64 = 0
        for (index, end) in ends.enumerated() {
            // A topic that was deleted and created again may have a committed offset behind its end.
            let processed = committed[index].map { $0 > end ? 0 : $0 } ?? 0
            count += max(0, end - max(processed, beginnings[index]))
        }
        return Int(count)
    }

    private func offsets(
        _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>, at moment: Int64
    ) throws(LonghaulError) -> [Int64] {
        let indices = 0..<list.pointee.cnt
        for index in indices { longhaul_kafka_partition(list, index).pointee.offset = moment }
        let code = rd_kafka_offsets_for_times(handle.pointer, list, KafkaHandle.timeout.milliseconds)
        try handle.check(code, "reading offsets")
        return try indices.map { (index) throws(LonghaulError) in
            let partition = longhaul_kafka_partition(list, index).pointee
            try handle.check(partition.err, "reading offsets")
            return max(0, partition.offset)
        }
    }

    /// The committed offsets of the group; nil where there is none.
    private func committedOffsets(
        _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>
    ) throws(LonghaulError) -> [Int64?] {
        var request = rd_kafka_ListConsumerGroupOffsets_new(address.group, list)
        defer { rd_kafka_ListConsumerGroupOffsets_destroy(request) }
        let options = options(for: RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS)
        defer { rd_kafka_AdminOptions_destroy(options) }
        rd_kafka_ListConsumerGroupOffsets(handle.pointer, &request, 1, options, results)
        let event = try answer("reading the offsets of group \(address.group)")
        defer { rd_kafka_event_destroy(event) }
        try check(ofGroup: rd_kafka_event_error(event))
        var count = 0
        let result = rd_kafka_event_ListConsumerGroupOffsets_result(event)
        let groups = rd_kafka_ListConsumerGroupOffsets_result_groups(result, &count)
        if count == 1, let error = rd_kafka_group_result_error(groups?[0]) {
            try check(ofGroup: rd_kafka_error_code(error))
        }
        guard count == 1, let found = rd_kafka_group_result_partitions(groups?[0]) else {
            return Array(repeating: nil, count: Int(list.pointee.cnt))
        }
        return (0..<list.pointee.cnt).map { index in
            let wanted = longhaul_kafka_partition(list, index).pointee
            let entry = rd_kafka_topic_partition_list_find(
                UnsafeMutablePointer(mutating: found), wanted.topic, wanted.partition)
            return entry.flatMap { $0.pointee.offset >= 0 ? $0.pointee.offset : nil }
        }
    }

    /// Checks that this server may use the group.
    ///
    /// - Throws: `unavailable` naming the group.
    func checkGroup(with topic: String) throws(LonghaulError) {
        guard let list = rd_kafka_topic_partition_list_new(1) else { return }
        defer { rd_kafka_topic_partition_list_destroy(list) }
        rd_kafka_topic_partition_list_add(list, topic, 0)
        _ = try committedOffsets(list)
    }

    private func check(ofGroup error: rd_kafka_resp_err_t) throws(LonghaulError) {
        if error == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED
            || error == RD_KAFKA_RESP_ERR_INVALID_GROUP_ID
        {
            handle.events.recordWrongSetting()
        }
        try handle.check(error, "reading the offsets of group \(address.group)")
    }
}
