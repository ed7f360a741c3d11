public import LonghaulJSON

extension LeaseRequest: JSONReadable, JSONWritable {
    /// Reads a request for jobs, strictly.
    public static func read(_ reader: inout JSONObjectReader) -> LeaseRequest {
        var worker = WorkerInfo(id: "")
        if var inner = reader.needed("worker", "an object", { $0.object($1) }) {
            worker = WorkerInfo.readStrictly(&inner)
        }
        var request = LeaseRequest(worker: worker)
        if let queues = reader.strings("queues", maxCount: FieldBounds.leasedQueues.upperBound) {
            request.queues = queues
            if queues.isEmpty { reader.fault("queues", "must name at least one queue") }
            for (index, queue) in queues.enumerated() where !QueueSettings.isName(queue) {
                reader.faults.add(
                    reader.pointer(to: "queues").appending(index),
                    QueueSettings.nameForm)
            }
        }
        request.kinds = reader.strings("kinds", maxCount: FieldBounds.leasedKinds.upperBound) ?? []
        for (index, kind) in request.kinds.enumerated() {
            let place = reader.pointer(to: "kinds").appending(index)
            if !NewJobRules.isKind(kind) { reader.faults.add(place, NewJobRules.kindForm) }
            if JobSpec.isReserved(kind: kind) { reader.faults.add(place, NewJobRules.reservedKind) }
        }
        if request.kinds.isEmpty, request.queues.contains(JobSpec.executionQueue) {
            reader.fault(
                "kinds",
                "must not be empty for the queue \(JobSpec.executionQueue), which has the executions of state machines"
            )
        }
        if let count = reader.int("max_jobs", within: FieldBounds.leasedJobs) { request.maxJobs = count }
        if let seconds = reader.double("lease_seconds", in: FieldBounds.leaseSeconds) {
            request.leaseSeconds = seconds
        }
        if let seconds = reader.double("wait_seconds", in: FieldBounds.waitSeconds) {
            request.waitSeconds = seconds
        }
        reader.finish()
        return request
    }

    /// Writes the request.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.object("worker") { writer in
                writer.field("id", worker.id)
                writer.field("name", worker.name)
                writer.field("labels", worker.labels)
                if let seconds = worker.heartbeatIntervalSeconds {
                    writer.field("heartbeat_interval_seconds", seconds)
                }
            }
            writer.field("queues", queues)
            if !kinds.isEmpty { writer.field("kinds", kinds) }
            writer.field("max_jobs", maxJobs)
            writer.field("lease_seconds", leaseSeconds)
            writer.field("wait_seconds", waitSeconds)
        }
    }
}

extension WorkerInfo {
    static func readStrictly(_ reader: inout JSONObjectReader) -> WorkerInfo {
        let id = reader.requiredString("id", maxLength: FieldBounds.workerIDLength.upperBound)
        if id?.isEmpty == true { reader.fault("id", "must not be empty") }
        let info = WorkerInfo(
            id: id ?? "", name: reader.string("name", maxLength: FieldBounds.workerNameLength.upperBound),
            labels: reader.labels("labels") ?? [:],
            heartbeatIntervalSeconds: reader.double(
                "heartbeat_interval_seconds", in: FieldBounds.heartbeatIntervalSeconds))
        reader.expectCount(info.labels.count, of: "labels", within: FieldBounds.workerLabels)
        for (key, value) in info.labels where !LabelRule.isLabel(key, value) {
            reader.faults.add(reader.pointer(to: "labels").appending(key), "a label has \(LabelRule.form)")
        }
        reader.finish()
        return info
    }
}

/// The answer to a ``LeaseRequest``.
public struct LeaseList: Sendable, Hashable {
    /// The leases.
    public var leases: [Lease]

    /// A list of these leases.
    public init(leases: [Lease]) {
        self.leases = leases
    }
}

extension LeaseList: JSONReadable, JSONWritable {
    /// Reads the answer, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> LeaseList {
        LeaseList(leases: reader.needed("leases", "an array") { $0.array($1) }?.map(Lease.readAlone) ?? [])
    }

    /// Reads a server's answer. A lease that cannot be read has ``Lease/unreadable``; the others are not affected.
    ///
    /// - Throws: ``LonghaulError`` `invalid_request` if the answer contains no token.
    public static func decode(answer bytes: [UInt8]) throws(LonghaulError) -> LeaseList {
        let document: JSONDocument
        do {
            document = try JSONDocument(lenientlyParsing: bytes)
        } catch {
            // The server has granted these leases, so the worker must be able to release them.
            let reason = LonghaulError(.unavailable, "the answer is not JSON: \(error.message)")
            let leases = LeaseToken.all(in: bytes).map { Lease.unreadable($0, reason) }
            if leases.isEmpty { throw LonghaulError(.invalidRequest, reason.detail) }
            return LeaseList(leases: leases)
        }
        let faults = JSONFaults()
        var reader = JSONObjectReader(document.root, at: .root, faults: faults)
        let list = read(&reader)
        guard faults.isEmpty else { throw .invalid(faults.list) }
        return list
    }

    /// Writes the answer.
    public func write(to writer: inout JSONWriter) {
        writer.object { $0.field("leases", leases) }
    }
}

extension Lease: JSONReadable, JSONWritable {
    /// Reads a lease, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> Lease {
        var job = Job(
            id: JobID(high: 0, low: 0), spec: JobSpec(kind: ""), state: .processing, caller: "",
            createdAt: .distantFuture, runAt: .distantFuture)
        if var inner = reader.needed("job", "a job", { $0.object($1) }) { job = Job.read(&inner) }
        var lease = Lease(
            token: reader.token("token") ?? .unknown, job: job,
            expiresAt: reader.needed("expires_at", "a time") { $0.timestamp($1) } ?? .distantFuture,
            heartbeatSeconds: reader.double("heartbeat_seconds") ?? 10)
        if var journal = reader.object("journal") { lease.journal = JournalPage.readInLease(&journal) }
        return lease
    }

    /// Reads one lease of an answer. Its faults do not affect the other leases.
    fileprivate static func readAlone(_ node: JSONNode) -> Lease {
        let faults = JSONFaults()
        var reader = JSONObjectReader(node, at: .root, faults: faults)
        let lease = read(&reader)
        return faults.isEmpty ? lease : unreadable(lease.token, .invalid(faults.list))
    }

    fileprivate static func unreadable(_ token: LeaseToken, _ reason: LonghaulError) -> Lease {
        let job = Job(
            id: token.jobID, spec: JobSpec(kind: ""), state: .processing, caller: "",
            createdAt: .distantFuture, runAt: .distantFuture)
        var lease = Lease(token: token, job: job, expiresAt: .distantFuture, heartbeatSeconds: 10)
        lease.unreadable = reason
        return lease
    }

    /// Writes the lease.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("token", token.description)
            writer.field("job", job)
            writer.field("attempt", attempt)
            writer.field("expires_at", expiresAt)
            writer.field("heartbeat_seconds", heartbeatSeconds)
            writer.key("journal")
            journal.writeInLease(to: &writer, of: job.id)
        }
    }
}

extension Heartbeat: JSONReadable, JSONWritable {
    /// Reads a heartbeat, strictly.
    public static func read(_ reader: inout JSONObjectReader) -> Heartbeat {
        var workerID = ""
        if var worker = reader.needed("worker", "an object", { $0.object($1) }) {
            workerID = WorkerInfo.readStrictly(&worker).id
        }
        let beats = reader.objects("leases") { reader in
            var beat = Beat(token: reader.token("token") ?? .unknown)
            if var progress = reader.object("progress") { beat.progress = Progress.readStrictly(&progress) }
            reader.finish()
            return beat
        }
        reader.finish()
        return Heartbeat(workerID: workerID, beats: beats ?? [])
    }

    /// Writes the heartbeat.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.object("worker") { $0.field("id", workerID) }
            writer.array("leases") { writer in
                for beat in beats {
                    writer.object { writer in
                        writer.field("token", beat.token.description)
                        if let progress = beat.progress { writer.field("progress", progress) }
                    }
                }
            }
        }
    }
}

extension HeartbeatOutcome: JSONReadable, JSONWritable {
    /// Reads the outcome, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> HeartbeatOutcome {
        var outcome = HeartbeatOutcome()
        outcome.renewed =
            reader.objects("renewed") { reader in
                Renewal(
                    token: reader.token("token") ?? .unknown,
                    expiresAt: reader.needed("expires_at", "a time") { $0.timestamp($1) } ?? .distantFuture)
            } ?? []
        outcome.cancelled = reader.strings("cancel")?.compactMap { LeaseToken($0) } ?? []
        outcome.lost = reader.strings("lost")?.compactMap { LeaseToken($0) } ?? []
        return outcome
    }

    /// Writes the outcome.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.array("renewed") { writer in
                for renewal in renewed {
                    writer.object { writer in
                        writer.field("token", renewal.token.description)
                        writer.field("expires_at", renewal.expiresAt)
                    }
                }
            }
            writer.field("cancel", cancelled.map(\.description))
            writer.field("lost", lost.map(\.description))
        }
    }
}
