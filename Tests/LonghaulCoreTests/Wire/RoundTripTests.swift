import LonghaulCore
import LonghaulJSON
import Testing

/// Written values are read back unchanged.
@Suite struct RoundTripTests {
    private let moment = Timestamp(milliseconds: 1_800_000_000_123)
    private let id = JobID(high: 0x0189_0000_0000_7001, low: 0x8000_0000_0000_0001)

    private func json(_ text: String) -> JSONText { JSONText(validated: Array(text.utf8)) }

    private func expectRoundTrip<Value: JSONReadable & JSONWritable & Equatable>(_ value: Value) throws {
        var writer = JSONWriter()
        value.write(to: &writer)
        #expect(try Value.decode(writer.bytes) == value, "\(writer.text)")
    }

    /// The first scalar of a ref can form one character with the sign before it.
    @Test(arguments: ["a", "#", "\u{1F3FB}", "\u{301}a"]) func refsOfAnyTextAreRead(ref: String) throws {
        let entry = #"{"kind":"k","ref":"\#(ref)"}"#
        let next = ##"{"kind":"k","depends_on":["#\##(ref)"]}"##
        let batch = try NewJobBatch.decode(Array(#"{"jobs":[\#(entry),\#(next)]}"#.utf8))
        #expect(batch.jobs.last?.dependsOn == [.ref(ref)])
    }

    private var fullJob: Job {
        var spec = JobSpec(kind: "image/resize", payload: json(#"{"z":1,"a":[12345678901234567890123]}"#))
        spec.queue = "images"
        spec.priority = 9
        spec.maxAttempts = 2
        spec.backoff = Backoff(growth: .fixed, initialSeconds: 0.5, factor: 3, maxSeconds: 7, jitter: 0)
        spec.timeoutSeconds = 1.5
        spec.expiresAt = moment.adding(seconds: 60)
        spec.retentionSeconds = 5
        spec.actor = "user-42"
        spec.onDependencyFailure = .run
        spec.join = JoinRule(waitFor: 1, collects: false)
        spec.tags = ["customer": "acme", "ä": "ö\n\u{0007}"]
        spec.size = 7
        spec.labels = ["gpu": "1"]
        spec.callbackURL = "https://example.com/"
        spec.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        var job = Job(id: id, spec: spec, state: .completed, caller: "c", createdAt: moment, runAt: moment)
        job.dependsOn = [JobID(high: 1, low: 2)]
        job.parentID = JobID(high: 3, low: 4)
        job.dependencies = [
            RelatedJob(id: JobID(high: 1, low: 2), kind: "before", state: .completed, result: json("[1]"))
        ]
        job.ancestors = [
            RelatedJob(id: JobID(high: 3, low: 4), kind: "long", state: .completed, isResultOmitted: true),
            RelatedJob(
                id: JobID(high: 5, low: 6), kind: "failed", state: .failed,
                error: JobError(type: "boom", message: "it broke")),
        ]
        job.children = [JobID(high: 7, low: 8)]
        job.childrenCount = 1
        job.attempt = 2
        job.startedAt = moment
        job.finishedAt = moment.adding(seconds: 1)
        job.worker = WorkerRef(id: "w", name: "worker one")
        job.progress = Progress(percent: 12.5, message: "page 4")
        job.result = json("[null]")
        job.error = JobError(type: "boom", message: "it broke", details: json("{}"), retryable: false)
        job.artifacts = [
            Artifact(name: "a b.png", sizeBytes: 9, contentType: "image/png", sha256: "ab", fence: 0)
        ]
        job.attempts = [
            Attempt(number: 1, worker: "w", startedAt: moment, finishedAt: moment, error: job.error)
        ]
        job.position = 3
        job.estimatedStartAt = moment
        return job
    }

    @Test func jobs() throws {
        try expectRoundTrip(fullJob)
        try expectRoundTrip(
            Job(
                id: id, spec: JobSpec(kind: "a"), state: .pending, caller: "c", createdAt: moment,
                runAt: moment))
    }

    @Test func artifactNameIsEscapedInItsURL() {
        var writer = JSONWriter()
        fullJob.write(to: &writer)
        #expect(String(decoding: writer.bytes, as: UTF8.self).contains("/artifacts/a%20b.png"))
    }

    @Test func submissions() throws {
        var job = NewJob(fullJob.spec)
        job.start = .after(seconds: 2.5)
        job.idempotencyKey = "k"
        job.unique = UniqueRule(by: [.kind, .payload, .actor], span: .window(seconds: 60))
        job.dependsOn = [.job(id)]
        try expectRoundTrip(job)
        job.start = .at(moment)
        job.spec.expiresAt = moment.adding(seconds: 1)
        job.unique = UniqueRule(by: [.queue], span: .whileActive)
        try expectRoundTrip(job)
        try expectRoundTrip(NewJob(JobSpec(kind: "a")))
        var named = NewJob(JobSpec(kind: "a"))
        named.namesDefaultQueue = true
        try expectRoundTrip(named)
        var first = NewJob(JobSpec(kind: "a"))
        first.ref = "a"
        var second = NewJob(JobSpec(kind: "b"))
        second.dependsOn = [.ref("a"), .job(id)]
        try expectRoundTrip(NewJobBatch(jobs: [first, second]))
        var parent = NewJob(JobSpec(kind: "p"))
        parent.spec.join = JoinRule(waitFor: 2, collects: true)
        parent.parentID = id
        try expectRoundTrip(NewJobBatch(jobs: [first, second], parent: parent))
    }

    @Test func leases() throws {
        let token = LeaseToken(jobID: id, fence: 7, secret: 0xDEAD_BEEF)
        var request = LeaseRequest(worker: WorkerInfo(id: "w", name: "n", labels: ["gpu": "1"]))
        request.worker.heartbeatIntervalSeconds = 1.5
        request.kinds = ["a", "b/c"]
        try expectRoundTrip(request)
        try expectRoundTrip(
            LeaseList(leases: [Lease(token: token, job: fullJob, expiresAt: moment, heartbeatSeconds: 10)]))
        try expectRoundTrip(
            Heartbeat(
                workerID: "w",
                beats: [
                    Heartbeat.Beat(token: token),
                    Heartbeat.Beat(token: token, progress: Progress(percent: 1)),
                ]))
        var outcome = HeartbeatOutcome()
        outcome.renewed = [HeartbeatOutcome.Renewal(token: token, expiresAt: moment)]
        outcome.cancelled = [token]
        outcome.lost = [token]
        try expectRoundTrip(outcome)
        var next = NewJob(JobSpec(kind: "next"))
        next.ref = "n"
        try expectRoundTrip(
            CompletionList(completions: [
                Completion(
                    token: token, result: json("{\"n\":1}"), next: [next],
                    progress: Progress(percent: 90, message: "nearly"))
            ]))
        try expectRoundTrip(StepOutput(output: json("[1]")))
        try expectRoundTrip(
            LogBatch(lines: [LogLine(at: moment, level: .warning, message: "a\nb\u{0000}")]))
    }

    private var operation: JournalOperation {
        var operation = JournalOperation(
            id: "0.1", type: .signal, name: "confirmed", status: .waiting, startedAt: moment, number: 3)
        operation.parentID = "0"
        operation.attempt = 2
        operation.input = json("[1]")
        operation.error = JobError(type: "boom", message: "m")
        operation.until = moment.adding(seconds: 60)
        operation.secret = 0xDEAD_BEEF
        return operation
    }

    @Test func durableJobs() throws {
        var job = fullJob
        job.state = .suspended
        job.isPaused = true
        job.isCancelling = true
        job.operationCount = 12
        job.waitsFor = [
            OperationWait(id: "0.1", type: .signal, name: "confirmed", until: moment),
            OperationWait(id: "0.2", type: .job, name: "child", jobID: id),
        ]
        try expectRoundTrip(job)
        try expectRoundTrip(SuspendOutcome.suspended(job))
        try expectRoundTrip(SuspendOutcome.ready(["a", "b"]))
        let token = LeaseToken(jobID: id, fence: 7, secret: 0xDEAD_BEEF)
        var lease = Lease(token: token, job: job, expiresAt: moment, heartbeatSeconds: 10)
        lease.journal = JournalPage(operations: [operation], next: 3)
        try expectRoundTrip(LeaseList(leases: [lease]))
        let unknown = JobID(high: 0, low: 0)
        try expectRoundTrip(UpdatedOperations(of: unknown, operations: [operation]))
        try expectRoundTrip(SuspendRequest(on: ["a", "b"]))
        try expectRoundTrip(OperationSelection(from: "0.1"))
        try expectRoundTrip(CompletionBody.continueAsNew(payload: json("{}")))
        try expectRoundTrip(CompletionBody.completion(Completion(token: .unknown, result: json("1"))))
        let signal = SignalToken(jobID: id, number: 3, secret: 5)
        #expect(SignalToken(signal.description) == signal)
    }

    @Test func operationUpdates() throws {
        var start = OperationUpdate(.start, .step, id: "0", name: "a")
        start.parentID = "g"
        start.input = json("[1]")
        var end = OperationUpdate(.succeed, .step, id: "0", name: "a")
        end.output = json("2")
        var retry = OperationUpdate(.retry, .step, id: "0", name: "a")
        retry.error = JobError(type: "boom", message: "m", details: json("{}"), retryable: false)
        retry.options.delaySeconds = 2.5
        var timer = OperationUpdate(.start, .timer, id: "1", name: "b")
        timer.options.until = moment
        var signal = OperationUpdate(.start, .signal, id: "2", name: "c")
        signal.options.timeoutSeconds = 60
        var child = OperationUpdate(.start, .job, id: "3", name: "d")
        child.options.job = NewJob(JobSpec(kind: "k"))
        let cancel = OperationUpdate(.cancel, .job, id: "3", name: "d")
        try expectRoundTrip(OperationUpdateList(updates: [start, end, retry, timer, signal, child, cancel]))
    }

    @Test func queues() throws {
        try expectRoundTrip(QueueSettings(maxDepth: nil, maxWaiting: 3, paused: true, maxConcurrency: 4))
        try expectRoundTrip(QueueSettings())
        try expectRoundTrip(
            QueueSettings(
                rateLimit: RateLimit(jobs: 5, periodSeconds: 0.5, burst: 2), partitionBy: "customer",
                maxSize: 9))
        try expectRoundTrip(RoutingTable())
        try expectRoundTrip(
            RoutingTable(rules: [
                .init(kinds: ["video.*"], labels: ["gpu": "1"], queue: "a"), .init(labels: [:], queue: "b"),
                .init(queue: "c"),
            ]))
    }

    @Test func problems() throws {
        let fault = JSONFault(pointer: JSONPointer.root.appending("a/b").appending(3), message: "wrong")
        for code in LonghaulError.Code.allCases {
            let error = LonghaulError(code, "what happened", faults: [fault], retryAfterSeconds: 2)
            var writer = JSONWriter()
            error.write(to: &writer, instance: "/v1/jobs")
            #expect(LonghaulError(problem: writer.bytes, retryAfterSeconds: 2) == error)
            #expect((400...599).contains(code.status))
        }
        #expect(LonghaulError(problem: Array("<html>".utf8), retryAfterSeconds: nil) == nil)
    }
}
