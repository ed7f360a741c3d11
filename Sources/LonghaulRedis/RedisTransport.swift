public import LonghaulBroker
public import LonghaulCore

/// IDs in Redis: a stream for each lane, read by one consumer group.
///
/// An entry is deleted when it is acknowledged, so the length of a stream is the number of waiting IDs. Entries of a broken
/// connection are claimed after a while (`XAUTOCLAIM`). Losing all entries, by `FLUSHALL` or a restart without persistence,
/// delays jobs but loses none.
public final class RedisTransport: BrokerTransport {
    /// The stream and the number of an entry.
    public struct Receipt: Sendable, Hashable {
        let key: String
        let entry: String
    }

    private static let group = "workers"
    /// One name for all servers: only the age of a delivery matters, not its server.
    private static let consumer = "longhaul"

    private let connection: RedisConnection
    private let prefix: String
    /// The time without acknowledgement after which the server of a delivery counts as dead.
    private let idleSeconds: Double
    /// The interval of claims of such deliveries.
    private let reclaimSeconds: Double
    private var knownKinds: Set<String> = []
    private var readyLanes: Set<Lane> = []
    private var nextReclaim = ContinuousClock.now

    /// Connects.
    ///
    /// - Throws: `unavailable`.
    public convenience init(_ address: RedisAddress) throws(LonghaulError) {
        try self.init(address, idleSeconds: 30, reclaimSeconds: 10)
    }

    init(_ address: RedisAddress, idleSeconds: Double, reclaimSeconds: Double) throws(LonghaulError) {
        connection = try address.connect()
        prefix = address.prefix
        self.idleSeconds = idleSeconds
        self.reclaimSeconds = reclaimSeconds
    }

    /// Closes the connection.
    public func close() { connection.close() }

    private func key(_ lane: Lane) -> String { "\(prefix):lane:\(lane.name)" }

    private func kindsKey(_ queue: String) -> String { "\(prefix):kinds:\(queue)" }

    /// Adds an entry to the stream of each job's lane.
    public func publish(_ entries: [QueueEntry]) throws {
        var commands: [[String]] = []
        for entry in entries {
            let lane = Lane(entry)
            if knownKinds.insert(entry.queue + ":" + entry.kind).inserted {
                commands.append(["SADD", kindsKey(entry.queue), entry.kind])
            }
            commands.append(["XADD", key(lane), "*", "id", entry.id.description])
        }
        for (answer, command) in zip(try connection.run(commands), commands) {
            _ = try RedisConnection.good(answer, command[0])
        }
    }

    /// Reads the streams, higher bands first. Waits on all of them if they are empty.
    public func fetch(
        _ lanes: Set<Lane>, limit: Int, seconds: Double
    ) throws -> [BrokerDelivery<Receipt>] {
        try prepare(lanes)
        var deliveries = try reclaim(lanes, limit: limit)
        for band in Lane.Band.allCases.reversed() where deliveries.count < limit {
            let ready = lanes.filter { $0.band == band }
            deliveries += try read(ready, limit: limit - deliveries.count, blockSeconds: nil)
        }
        guard deliveries.isEmpty else { return deliveries }
        return try read(lanes, limit: limit, blockSeconds: seconds)
    }

    private func read(
        _ lanes: Set<Lane>, limit: Int, blockSeconds: Double?
    ) throws -> [BrokerDelivery<Receipt>] {
        guard !lanes.isEmpty else { return [] }
        let byKey = Dictionary(uniqueKeysWithValues: lanes.map { (key($0), $0) })
        let keys = Array(byKey.keys)
        // COUNT applies to each stream.
        var command = [
            "XREADGROUP", "GROUP", Self.group, Self.consumer, "COUNT", "\(max(1, limit / keys.count))",
        ]
        if let blockSeconds { command += ["BLOCK", "\(max(1, Int(blockSeconds * 1000)))"] }
        command += ["STREAMS"] + keys + keys.map { _ in ">" }
        let answer = try connection.run([command])[0]
        if answer.error?.hasPrefix("NOGROUP") == true {
            // The Redis server was emptied.
            readyLanes = []
            knownKinds = []
            return []
        }
        var deliveries: [BrokerDelivery<Receipt>] = []
        for stream in try RedisConnection.good(answer, "XREADGROUP").list {
            let parts = stream.list
            guard parts.count == 2, let key = parts[0].text, let lane = byKey[key] else { continue }
            deliveries += try self.deliveries(parts[1].list, key: key, lane: lane)
        }
        return deliveries
    }

    /// The entries of a stream. Removes entries without an ID, which Longhaul did not write.
    private func deliveries(
        _ entries: [RedisValue], key: String, lane: Lane
    ) throws -> [BrokerDelivery<Receipt>] {
        var deliveries: [BrokerDelivery<Receipt>] = []
        var strange: [Receipt] = []
        for entry in entries {
            guard entry.list.count == 2, let number = entry.list[0].text else { continue }
            let receipt = Receipt(key: key, entry: number)
            let fields = entry.list[1].list
            if fields.count == 2, fields[0].text == "id", let id = fields[1].text.flatMap({ JobID($0) }) {
                deliveries.append(BrokerDelivery(receipt: receipt, lane: lane, id: id))
            } else {
                strange.append(receipt)
            }
        }
        if !strange.isEmpty { try acknowledge(strange) }
        return deliveries
    }

    /// Creates the consumer groups of lanes that were not read before.
    private func prepare(_ lanes: Set<Lane>) throws {
        let new = lanes.subtracting(readyLanes)
        guard !new.isEmpty else { return }
        let commands = new.map { ["XGROUP", "CREATE", key($0), Self.group, "0", "MKSTREAM"] }
        for answer in try connection.run(commands) {
            if answer.error?.hasPrefix("BUSYGROUP") == true { continue }
            _ = try RedisConnection.good(answer, "XGROUP")
        }
        readyLanes.formUnion(new)
    }

    /// Claims entries that were delivered to dead servers.
    private func reclaim(_ lanes: Set<Lane>, limit: Int) throws -> [BrokerDelivery<Receipt>] {
        guard ContinuousClock.now >= nextReclaim else { return [] }
        nextReclaim = .now + .seconds(reclaimSeconds)
        var deliveries: [BrokerDelivery<Receipt>] = []
        for lane in lanes where deliveries.count < limit {
            let key = key(lane)
            let answer = try connection.run([
                [
                    "XAUTOCLAIM", key, Self.group, Self.consumer, "\(Int(idleSeconds * 1000))", "0-0",
                    "COUNT", "\(limit - deliveries.count)",
                ]
            ])[0]
            guard answer.error?.hasPrefix("NOGROUP") != true else { continue }
            let parts = try RedisConnection.good(answer, "XAUTOCLAIM").list
            guard parts.count > 1 else { continue }
            deliveries += try self.deliveries(parts[1].list, key: key, lane: lane)
        }
        return deliveries
    }

    /// Deletes the entries.
    public func acknowledge(_ receipts: [Receipt]) throws {
        let commands = receipts.flatMap { receipt in
            [["XACK", receipt.key, Self.group, receipt.entry], ["XDEL", receipt.key, receipt.entry]]
        }
        for (answer, command) in zip(try connection.run(commands), commands) {
            _ = try RedisConnection.good(answer, command[0])
        }
    }

    /// Appends the entries to their streams again, because a stream cannot take an entry back.
    public func requeue(_ receipts: [Receipt]) throws {
        for receipt in receipts {
            let entry = try connection.run("XRANGE", receipt.key, receipt.entry, receipt.entry).list.first
            guard let fields = entry?.list.last?.list.compactMap(\.text), !fields.isEmpty else { continue }
            _ = try RedisConnection.good(
                try connection.run([["XADD", receipt.key, "*"] + fields])[0], "XADD")
        }
        try acknowledge(receipts)
    }

    /// The length of the queue's streams. Stores the kinds that this server knows and Redis has lost.
    public func held(of queue: String, kinds: Set<String>) throws -> Int? {
        let stored = try self.kinds(of: queue)
        let lost = kinds.subtracting(stored).sorted()
        if !lost.isEmpty { _ = try connection.run([["SADD", kindsKey(queue)] + lost]) }
        let commands = stored.union(kinds).flatMap { kind in
            Lane.Band.allCases.map { ["XLEN", key(Lane(queue: queue, kind: kind, band: $0))] }
        }
        return try connection.run(commands).reduce(0) { sum, answer in
            sum + (try RedisConnection.good(answer, "XLEN").integer ?? 0)
        }
    }

    /// The kinds that were ever published to a queue.
    public func kinds(of queue: String) throws -> Set<String> {
        Set(try connection.run("SMEMBERS", kindsKey(queue)).list.compactMap(\.text))
    }

    /// Sends a request and waits for the answer.
    public func check() throws {
        try connection.run("PING")
    }
}
