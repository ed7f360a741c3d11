public import LonghaulCore
public import LonghaulJSON
import Synchronization

/// A worker's gateway that records the life of each attempt: how long its job waited, the run, and each step.
///
/// The job that the worker gets names the run's span as its parent, so that programs and the jobs that come
/// next continue the trace.
public final class TracingGateway: WorkerGateway {
    private struct Run {
        var job: Job
        var context: TraceContext
        var parent: TraceContext?
        var start: Timestamp
        /// When a step was asked for that had not been reached yet.
        var steps: [String: Timestamp] = [:]
        /// Whether the latest heartbeat did not name it.
        var isMissing = false
    }

    private let inner: any WorkerGateway
    private let tracer: Tracer
    private let worker: String
    private let runs = Mutex<[LeaseToken: Run]>([:])

    /// A gateway that records what goes through `inner`.
    ///
    /// - Parameter worker: the worker's name.
    public init(_ inner: any WorkerGateway, tracer: Tracer, worker: String) {
        self.inner = inner
        self.tracer = tracer
        self.worker = worker
    }

    /// Takes jobs; records for each how long it waited.
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
        var lease = lease
        lease.job.spec.traceparent = context.traceparent
        return lease
    }

    /// Ends attempts with success; the jobs that come next continue their traces.
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
                end(completion.token, fault: error.detail)
            // It is reported again, or as a failure.
            case .failure: break
            }
        }
        return answers
    }

    /// Ends an attempt with a fault.
    public func fail(_ failure: Failure) async throws -> Job {
        let fault = "\(failure.error.type): \(failure.error.message)"
        return try await ending(failure.token, fault: fault) { try await inner.fail(failure) }
    }

    /// Gives a job back unfinished.
    public func release(_ token: LeaseToken) async throws -> Job {
        try await ending(token, more: ["longhaul.released": "true"]) { try await inner.release(token) }
    }

    private func ending(
        _ token: LeaseToken, fault: String? = nil, more: [String: String] = [:],
        _ call: () async throws -> Job
    ) async throws -> Job {
        do {
            let job = try await call()
            end(token, fault: fault, more: more)
            return job
        } catch let error as LonghaulError where error.code == .leaseLost {
            end(token, fault: error.detail)
            throw error
        }
    }

    /// Renews leases; ends the runs whose leases have ended.
    public func heartbeat(_ heartbeat: Heartbeat) async throws -> HeartbeatOutcome {
        let outcome = try await inner.heartbeat(heartbeat)
        for token in outcome.cancelled { end(token, fault: "the job was cancelled") }
        for token in outcome.lost { end(token, fault: LonghaulError.leaseLost.detail) }
        // One without leases says nothing of runs: it says that the worker lives.
        if !heartbeat.beats.isEmpty { forgetMissing(Set(heartbeat.beats.map(\.token))) }
        return outcome
    }

    /// Says that the worker has stopped; ends the runs of what it still held.
    public func deregister(_ workerID: String) async throws -> [JobID] {
        let released = try await inner.deregister(workerID)
        let left = runs.withLock { $0.keys.filter { released.contains($0.jobID) } }
        for token in left { end(token, fault: "the worker stopped") }
        return released
    }

    /// Ends the runs that two renewals in a row did not name: the worker itself has given them up.
    private func forgetMissing(_ alive: Set<LeaseToken>) {
        let gone = runs.withLock { runs in
            let missing = runs.keys.filter { !alive.contains($0) }
            let gone = missing.filter { runs[$0]?.isMissing == true }
            for token in missing { runs[token]?.isMissing = true }
            return gone
        }
        for token in gone { end(token, fault: "the worker gave the attempt up") }
    }

    /// Adds lines to the job's log.
    public func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) async throws {
        try await inner.appendLogs(token, lines)
    }

    /// Keeps a file of the attempt.
    public func putArtifact(
        _ token: LeaseToken, name: String, contentType: String?, path: String
    ) async throws -> Artifact {
        try await inner.putArtifact(token, name: name, contentType: contentType, path: path)
    }

    /// The output of a checkpoint. One that is there already is recorded as skipped.
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

    /// Writes a checkpoint; its span began when it was asked for.
    public func putStep(_ token: LeaseToken, name: String, output: JSONText) async throws -> JSONText {
        let kept = try await inner.putStep(token, name: name, output: output)
        let began = runs.withLock { $0[token]?.steps.removeValue(forKey: name) }
        record(step: name, of: token, from: began ?? tracer.time.now(), more: [:])
        return kept
    }

    // MARK: Spans

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

    private func end(_ token: LeaseToken, fault: String? = nil, more: [String: String] = [:]) {
        guard let run = runs.withLock({ $0.removeValue(forKey: token) }) else { return }
        tracer.record(
            Span(
                "run \(run.job.spec.kind)", .consumer, context: run.context, parent: run.parent,
                start: run.start, end: max(run.start, tracer.time.now()),
                attributes: attributes(of: run.job).merging(more) { _, new in new }, fault: fault))
    }

    private func attributes(of job: Job) -> [String: String] {
        var attributes = Span.attributes(of: job)
        attributes["longhaul.attempt"] = "\(job.attempt)"
        attributes["longhaul.worker"] = worker
        return attributes
    }
}
