public import LonghaulCore
public import LonghaulJSON
import Synchronization

/// A worker's gateway that records spans for the wait, the run and the steps of each attempt.
///
/// The trace context of a leased job is that of the run's span, so that programs and the next jobs continue the trace.
public final class TracingGateway: WorkerGateway {
    private struct Run {
        var job: Job
        var context: TraceContext
        var parent: TraceContext?
        var start: Timestamp
        /// The times at which missing checkpoints were requested.
        var steps: [String: Timestamp] = [:]
        /// Whether the run was missing in the latest heartbeat.
        var isMissing = false
    }

    /// Why an attempt ended without success.
    fileprivate struct Fault {
        let type: String
        let message: String
    }

    private let inner: any WorkerGateway
    private let tracer: Tracer
    private let worker: String
    private let runs = Mutex<[LeaseToken: Run]>([:])

    /// Creates a gateway that records the calls to `inner`.
    ///
    /// - Parameter worker: the name of the worker.
    public init(_ inner: any WorkerGateway, tracer: Tracer, worker: String) {
        self.inner = inner
        self.tracer = tracer
        self.worker = worker
    }

    /// Leases jobs and records the wait of each.
    public func lease(_ request: LeaseRequest) async throws -> [Lease] {
        try await inner.lease(request).map { $0.unreadable == nil ? begin($0) : $0 }
    }

    private func begin(_ lease: Lease) -> Lease {
        let job = lease.job
        let parent = job.spec.traceparent.flatMap { TraceContext(traceparent: $0) }
        let context = tracer.begin(under: parent)
        let start = job.startedAt ?? tracer.time.now()
        if let parent {
            tracer.record(
                Span(
                    "wait \(job.spec.kind)", .inside, context: tracer.begin(under: parent), parent: parent,
                    start: min(job.runAt, start), end: start, attributes: attributes(of: job)))
        }
        let run = Run(job: job, context: context, parent: parent, start: start)
        runs.withLock { $0[lease.token] = run }
        // The waits that ended since the job was suspended. Their ends made the job pending.
        for operation in lease.journal.operations {
            guard operation.isWait, let end = operation.endedAt, end >= job.runAt else { continue }
            record(operation, of: lease.token, isRetry: false)
        }
        var lease = lease
        lease.job.spec.traceparent = context.traceparent
        return lease
    }

    /// Completes attempts. The next jobs continue their traces.
    public func complete(_ completions: [Completion]) async throws -> [Result<Job, LonghaulError>] {
        let traced = completions.map { completion in
            var completion = completion
            guard let context = runs.withLock({ $0[completion.token]?.context }) else { return completion }
            for index in completion.next.indices where completion.next[index].spec.traceparent == nil {
                completion.next[index].spec.traceparent = context.traceparent
            }
            return completion
        }
        let answers = try await inner.complete(traced)
        for (completion, answer) in zip(completions, answers) {
            switch answer {
            case .success: end(completion.token)
            case .failure(let error) where error.code == .leaseLost:
                end(completion.token, fault: Fault(error))
            // The worker repeats the report, or reports a failure.
            case .failure: break
            }
        }
        return answers
    }

    /// Fails an attempt.
    public func fail(_ failure: Failure) async throws -> Job {
        let fault = Fault(
            type: failure.error.type, message: "\(failure.error.type): \(failure.error.message)")
        return try await ending(failure.token, fault: fault) { try await inner.fail(failure) }
    }

    /// Releases a job.
    public func release(_ token: LeaseToken) async throws -> Job {
        try await ending(token, more: ["longhaul.released": "true"]) { try await inner.release(token) }
    }

    private func ending(
        _ token: LeaseToken, fault: Fault? = nil, more: [String: String] = [:],
        _ call: () async throws -> Job
    ) async throws -> Job {
        do {
            let job = try await call()
            end(token, fault: fault, more: more)
            return job
        } catch let error as LonghaulError where error.code == .leaseLost {
            end(token, fault: Fault(error))
            throw error
        }
    }

    /// Renews leases and ends the runs of lost leases.
    public func heartbeat(_ heartbeat: Heartbeat) async throws -> HeartbeatOutcome {
        let outcome = try await inner.heartbeat(heartbeat)
        for token in outcome.cancelled {
            end(token, fault: Fault(type: JobError.cancelled.type, message: "the job was cancelled"))
        }
        for token in outcome.lost { end(token, fault: Fault(.leaseLost)) }
        // A heartbeat without leases does not concern runs.
        if !heartbeat.beats.isEmpty { forgetMissing(Set(heartbeat.beats.map(\.token))) }
        return outcome
    }

    /// Deregisters the worker and ends the runs of its leases.
    public func deregister(_ workerID: String) async throws -> [JobID] {
        let released = try await inner.deregister(workerID)
        let left = runs.withLock { $0.keys.filter { released.contains($0.jobID) } }
        for token in left { end(token, fault: Fault(type: "worker_stopped", message: "the worker stopped")) }
        return released
    }

    /// Ends the runs that are missing in two consecutive renewals: the worker has abandoned them.
    private func forgetMissing(_ alive: Set<LeaseToken>) {
        let gone = runs.withLock { runs in
            let missing = runs.keys.filter { !alive.contains($0) }
            let gone = missing.filter { runs[$0]?.isMissing == true }
            for token in missing { runs[token]?.isMissing = true }
            return gone
        }
        let fault = Fault(type: "abandoned", message: "the worker abandoned the attempt")
        for token in gone { end(token, fault: fault) }
    }

    /// Adds lines to the job's log.
    public func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) async throws {
        try await inner.appendLogs(token, lines)
    }

    /// Uploads an artifact of the attempt.
    public func putArtifact(
        _ token: LeaseToken, name: String, contentType: String?, path: String
    ) async throws -> Artifact {
        try await inner.putArtifact(token, name: name, contentType: contentType, path: path)
    }

    /// The output of a checkpoint. Records a stored one as skipped.
    public func step(_ token: LeaseToken, name: String) async throws -> JSONText? {
        let output = try await inner.step(token, name: name)
        let now = tracer.time.now()
        if output == nil {
            runs.withLock { $0[token]?.steps[name] = now }
        } else {
            record(step: name, of: token, from: now, more: ["longhaul.step.skipped": "true"])
        }
        return output
    }

    /// Stores a checkpoint. Its span begins at the request for the output.
    public func putStep(_ token: LeaseToken, name: String, output: JSONText) async throws -> JSONText {
        let kept = try await inner.putStep(token, name: name, output: output)
        let began = runs.withLock { $0[token]?.steps.removeValue(forKey: name) }
        record(step: name, of: token, from: began ?? tracer.time.now(), more: [:])
        return kept
    }

    /// The operations of the job's journal after a number.
    public func journal(_ token: LeaseToken, after number: Int64) async throws -> JournalPage {
        try await inner.journal(token, after: number)
    }

    /// Changes the journal, and records each operation that ends. Child jobs continue the trace.
    public func updateJournal(
        _ token: LeaseToken, _ updates: [OperationUpdate]
    ) async throws -> [JournalOperation] {
        let context = runs.withLock { $0[token]?.context }
        let traced = updates.map { update in
            var update = update
            if update.options.job?.spec.traceparent == nil {
                update.options.job?.spec.traceparent = context?.traceparent
            }
            return update
        }
        do {
            let operations = try await inner.updateJournal(token, traced)
            for (update, operation) in zip(updates, operations) where update.action != .start {
                record(operation, of: token, isRetry: update.action == .retry)
            }
            return operations
        } catch let error as LonghaulError where error.code == .leaseLost || error.code == .nondeterministic {
            end(token, fault: Fault(error))
            throw error
        }
    }

    /// Suspends the job, and records the run until then.
    public func suspend(_ token: LeaseToken, on ids: [String]) async throws -> SuspendOutcome {
        do {
            let outcome = try await inner.suspend(token, on: ids)
            if case .suspended = outcome { end(token, more: ["longhaul.suspended": "true"]) }
            return outcome
        } catch let error as LonghaulError where error.code == .leaseLost {
            end(token, fault: Fault(error))
            throw error
        }
    }

    /// Begins the job again with another payload, and records the run until then.
    public func continueAsNew(_ token: LeaseToken, payload: JSONText) async throws -> Job {
        try await ending(token, more: ["longhaul.continued_as_new": "true"]) {
            try await inner.continueAsNew(token, payload: payload)
        }
    }

    // MARK: Spans

    /// Records an operation from its start to its end, or to the failure of an attempt.
    private func record(_ operation: JournalOperation, of token: LeaseToken, isRetry: Bool) {
        guard let run = runs.withLock({ $0[token] }) else { return }
        let now = tracer.time.now()
        var attributes = attributes(of: run.job)
        attributes["longhaul.operation.id"] = operation.id
        attributes["longhaul.operation.type"] = operation.type.rawValue
        attributes["longhaul.operation.status"] = isRetry ? "retried" : operation.status.rawValue
        attributes["longhaul.operation.attempt"] = "\(isRetry ? operation.attempt - 1 : operation.attempt)"
        let end = operation.endedAt ?? now
        var span = Span(
            "\(operation.type.rawValue) \(operation.name)", .inside,
            context: tracer.begin(under: run.context), parent: run.context,
            start: min(operation.startedAt, end), end: end, attributes: attributes)
        if let error = operation.error { span.fail("\(error.type): \(error.message)", type: error.type) }
        tracer.record(span)
    }

    private func record(
        step name: String, of token: LeaseToken, from start: Timestamp, more: [String: String]
    ) {
        guard let run = runs.withLock({ $0[token] }) else { return }
        tracer.record(
            Span(
                "step \(name)", .inside, context: tracer.begin(under: run.context), parent: run.context,
                start: start, end: tracer.time.now(),
                attributes: attributes(of: run.job).merging(more) { _, new in new }))
    }

    private func end(_ token: LeaseToken, fault: Fault? = nil, more: [String: String] = [:]) {
        guard let run = runs.withLock({ $0.removeValue(forKey: token) }) else { return }
        var span = Span(
            "run \(run.job.spec.kind)", .consumer, context: run.context, parent: run.parent,
            start: run.start, end: max(run.start, tracer.time.now()),
            attributes: attributes(of: run.job).merging(more) { _, new in new })
        span.attributes.merge(
            Span.messaging(.run, queue: run.job.spec.queue, job: run.job.id), uniquingKeysWith: { $1 })
        span.attributes["messaging.client.id"] = worker
        // The span that created the message.
        span.links = [run.parent].compactMap(\.self)
        if let fault { span.fail(fault.message, type: fault.type) }
        tracer.record(span)
    }

    private func attributes(of job: Job) -> [String: String] {
        var attributes = Span.attributes(of: job)
        attributes["longhaul.attempt"] = "\(job.attempt)"
        attributes["longhaul.worker"] = worker
        return attributes
    }
}

extension TracingGateway.Fault {
    fileprivate init(_ error: LonghaulError) {
        self.init(type: error.code.rawValue, message: error.detail)
    }
}

extension JournalOperation {
    /// Whether the server ends the operation.
    fileprivate var isWait: Bool {
        switch type {
        case .timer, .signal, .job: true
        case .step, .group, .marker: false
        }
    }
}
