import LonghaulCore
import LonghaulEngine
import LonghaulJSON
import LonghaulStates

/// Time limits and heartbeats of tasks that run as jobs.
///
/// The time limit of a state is the timeout of the job's attempt, which the worker keeps. The runner looks at jobs whose worker may not
/// keep it, and at the heartbeats of workers.
extension ExecutionRun {
    /// How long a worker may take to report an attempt that has timed out, in milliseconds.
    private static let reportTime: Int64 = 10_000

    /// Looks at the jobs of tasks whose check is due, and at the workers of tasks whose heartbeat timer is due.
    mutating func checkJobs() async throws {
        let due = state.tasks.filter { $0.value.checkTime.map { $0 <= now } ?? false }
        for (id, task) in due.sorted(by: { $0.key < $1.key }) { try await check(id, task) }
        for (timer, time) in state.timers where time <= now {
            guard let id = state.snapshot.heartbeatTask(ofTimer: timer), let task = state.tasks[id],
                try await hasSignOfLife(task)
            else { continue }
            events.append(.task(id: id, .heartbeat))
        }
    }

    private mutating func check(_ id: Int, _ task: OpenTask) async throws {
        var task = task
        guard let jobID = task.jobID, let job = try await runner.job(jobID), !job.state.isFinal else {
            // The end of the job is reported.
            task.checkTime = nil
            return state.set(task, id)
        }
        let pause = Int64(task.checkSeconds ?? 60) * 1000
        task.checkTime = now + pause
        guard job.state == .processing, let start = job.startedAt?.milliseconds else {
            // An activity must begin within its time limit, as on AWS.
            return task.resource.isActivity ? timeOut(id, task) : state.set(task, id)
        }
        if let seconds = task.limits.timeoutSeconds {
            let end = start + Int64(seconds) * 1000 + ExecutionRun.reportTime
            guard now < end else { return timeOut(id, task) }
            task.checkTime = min(now + pause, end)
        }
        if task.limits.heartbeatSeconds != nil, !task.isStarted {
            // From now on the interpreter's heartbeat timer runs.
            events.append(.task(id: id, .started(worker: job.worker?.name)))
            task.isStarted = true
            task.checkTime = task.limits.timeoutSeconds.map {
                start + Int64($0) * 1000 + ExecutionRun.reportTime
            }
        }
        state.set(task, id)
    }

    private mutating func timeOut(_ id: Int, _ task: OpenTask) {
        if !task.isStarted { events.append(.task(id: id, .started(worker: nil))) }
        events.append(.task(id: id, .timedOut))
        if let jobID = task.jobID { batch.cancel(jobID) }
        close(id)
    }

    /// Whether the job of a task waits for a worker, or its worker has sent a heartbeat within the limit.
    private func hasSignOfLife(_ task: OpenTask) async throws -> Bool {
        guard let jobID = task.jobID, let seconds = task.limits.heartbeatSeconds,
            let job = try await runner.job(jobID)
        else { return false }
        guard job.state == .processing, let worker = job.worker?.id else { return true }
        let workers = try await runner.busyWorkers()
        guard let seen = workers.first(where: { $0.info.id == worker })?.lastSeenAt else { return false }
        return now - seen.milliseconds < Int64(seconds) * 1000
    }
}

extension ExecutionRunner {
    /// A job; nil if there is none.
    func job(_ id: JobID) async throws -> Job? {
        try await repeating {
            do {
                return try await engine.job(id)
            } catch let error as LonghaulError where error.code == .notFound {
                return nil
            }
        }
    }

    /// The workers that hold leases.
    func busyWorkers() async throws -> [WorkerRecord] {
        try await repeating { try await engine.busyWorkers() }
    }

    /// The children of a map run that have ended, or those that have not, the oldest last.
    func children(
        of parent: JobID, _ run: OpenMapRun, isEnded: Bool, reading: JobReading
    ) async throws -> [Job] {
        var filter = JobFilter(childrenOf: parent, run)
        filter.states = JobState.allCases.filter { $0.isFinal == isEnded }
        var jobs: [Job] = []
        try await forEachPage(filter, reading: reading) { jobs += $0 }
        return jobs
    }

    /// Which children of a map run have not ended, and the outputs of those that have succeeded.
    ///
    /// - Parameter indices: the children whose outputs are read.
    func childResults(
        of parent: JobID, _ run: OpenMapRun, indices: Set<Int>
    ) async throws -> (open: Set<Int>, outputs: [Int: JSONText]) {
        var filter = JobFilter(childrenOf: parent, run)
        filter.states = JobState.allCases.filter { !$0.isFinal } + [.completed]
        var open: Set<Int> = []
        var outputs: [Int: JSONText] = [:]
        try await forEachPage(filter, reading: JobReading(maxBytes: 4 << 20)) { jobs in
            for job in jobs {
                guard let index = try ExecutionPayload(job).child?.index, indices.contains(index) else {
                    continue
                }
                if job.state == .completed {
                    outputs[index] = job.result ?? .null
                } else {
                    open.insert(index)
                }
            }
        }
        return (open, outputs)
    }

    private func forEachPage(
        _ filter: JobFilter, reading: JobReading, _ body: ([Job]) throws -> Void
    ) async throws {
        var cursor: JobCursor?
        repeat {
            let place = cursor
            let page = try await repeating {
                try await engine.jobs(filter, after: place, limit: 500, reading: reading)
            }
            try body(page.jobs)
            cursor = page.next
        } while cursor != nil
    }
}

extension JobFilter {
    /// The children of a map run.
    fileprivate init(childrenOf parent: JobID, _ run: OpenMapRun) {
        self.init()
        parentID = parent
        kind = JobSpec.executionKind
        tags = [ExecutionTag.mapRun: run.key]
    }
}
