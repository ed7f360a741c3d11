import LonghaulCore
import LonghaulJSON
import LonghaulMemory
import LonghaulStore

/// The checks at the end of a run, when the faults have stopped and every job has had time to end.
struct FinalChecks {
    let world: World
    let answers: AnswerRecord
    let changes: AuditedChanges
    let keys: KeyRecord
    let executions: ExecutionCaller
    private let auditor: Auditor

    init(
        world: World, answers: AnswerRecord, changes: AuditedChanges, keys: KeyRecord,
        executions: ExecutionCaller
    ) {
        self.world = world
        self.answers = answers
        self.changes = changes
        self.keys = keys
        self.executions = executions
        auditor = world.auditor
    }

    func run() async {
        guard let machine = world.machine else { return await check(MemoryStore.open(world.database)) }
        do {
            try await machine.withCopyAfterPowerFailure(time: world.scheduler) { remains in
                Recovery(world: world, machine: machine).check(remains, isThorough: true)
                await check(Store(SQLiteRemains(remains)))
            }
        } catch {
            auditor.report("the store cannot be opened: \(error)")
        }
    }

    private func check(_ store: any JobStore) async {
        let partialWrites = world.database.partialWrites
        if partialWrites > 0 {
            auditor.report(
                "\(partialWrites) calls changed the store before they threw: a SQL store keeps that")
        }
        do {
            let jobs = try await store.jobs(JobFilter(), after: nil, limit: .max).jobs
            let byID = Dictionary(uniqueKeysWithValues: jobs.map { ($0.id, $0) })
            for job in jobs { check(job, among: byID) }
            checkAnswers(byID)
            checkKeys(jobs)
            for tick in answers.expectedTicks where !auditor.ticks.contains(tick.description) {
                auditor.report("the tick \(tick) submitted no job")
            }
            checkFamilies(jobs)
            checkQueues(try await store.queues(), jobs)
            try await checkHistories(jobs, store)
            try await checkFiles(jobs, store)
            try await auditor.checkJournals(in: store)
            try await WebhookChecks(world: world).check(store)
            try await AuditChecks(world: world, changes: changes).check(store)
            try await keys.check(store)
            try await ExecutionChecks(world: world, caller: executions).check(store)
        } catch {
            auditor.report("the store does not answer: \(error)")
        }
    }

    // MARK: Each job

    private func check(_ job: Job, among jobs: [JobID: Job]) {
        let name = auditor.name(job.id)
        guard let model = auditor.jobs[job.id] else {
            return auditor.report("\(name) is stored, but no change was published")
        }
        if model.state != job.state || model.version != job.version || model.attempt != job.attempt {
            auditor.report(
                "\(name) is \(job.state.rawValue), but its last published state is \(model.state.rawValue)")
        }
        if !job.state.isFinal { auditor.report("\(name) never ended: it is \(job.state.rawValue)") }
        // A child job that a restart or a fork submitted again has no submission.
        if let payload = auditor.journals[job.id]?.payload ?? model.submission?.spec.payload,
            payload != job.spec.payload
        {
            auditor.report("\(name) lost its payload")
        }
        if job.spec.priority != model.spec.priority {
            auditor.report("\(name) has the priority before an edit")
        }
        if job.attempts.count != job.attempt { auditor.report("\(name) lost the record of an attempt") }
        switch job.state {
        case .failed:
            if job.error == nil { auditor.report("\(name) is a dead letter without an error") }
            if job.attempts.contains(where: { $0.error == nil }) {
                auditor.report("\(name) is a dead letter with an attempt without an error")
            }
        case .completed:
            if job.result != model.completion?.result, !job.spec.join.collects {
                auditor.report("\(name) has a result that no worker sent")
            }
            if !model.wasRetried { checkDependencies(of: job, among: jobs) }
        default: break
        }
    }

    private func checkDependencies(of job: Job, among jobs: [JobID: Job]) {
        guard job.spec.onDependencyFailure != .run else { return }
        let ids = Set(job.dependsOn)
        let others = ids.filter { id in
            // A dependency that was removed or retried may have completed before.
            guard let dependency = jobs[id], auditor.jobs[id]?.wasRetried == false else { return false }
            return dependency.state != .completed
        }
        if ids.count - others.count < job.spec.join.waitFor ?? ids.count {
            auditor.report(
                "\(auditor.name(job.id)) ran although \(others.count) of its dependencies did not complete")
        }
    }

    // MARK: Answers

    private func checkAnswers(_ jobs: [JobID: Job]) {
        for (id, payload) in answers.acknowledged.sorted(by: { $0.key < $1.key }) {
            if let job = jobs[id] {
                if let payload, job.spec.payload != payload {
                    auditor.report("\(auditor.name(id)) has another payload than was acknowledged")
                }
            } else if auditor.jobs[id]?.isRemoved != true {
                auditor.report("\(auditor.name(id)) was acknowledged, but does not exist")
            }
        }
        for (id, model) in auditor.jobs where jobs[id] == nil && !model.isRemoved {
            auditor.report("\(auditor.name(id)) does not exist, but was not removed")
        }
        checkChildren(jobs)
    }

    /// Checks that the next jobs of each completion exist, each once.
    private func checkChildren(_ jobs: [JobID: Job]) {
        var present: [JobID: Int] = [:]
        for (id, model) in auditor.jobs where !auditor.bounded.contains(id) {
            if let parent = model.submission?.parentID { present[parent, default: 0] += 1 }
        }
        for (id, expected) in answers.children.sorted(by: { $0.key < $1.key })
        where present[id, default: 0] != expected {
            auditor.report(
                "the completion of \(auditor.name(id)) has \(present[id, default: 0]) next jobs instead of \(expected)"
            )
        }
    }

    /// Checks that the parent of a batch waited for its entries only, and that no worker ran a job that collects.
    private func checkFamilies(_ jobs: [Job]) {
        var families: [JobID: Set<JobID>] = [:]
        for (id, model) in auditor.jobs where auditor.bounded.contains(id) {
            if let parent = model.submission?.parentID { families[parent, default: []].insert(id) }
        }
        for job in jobs {
            if let key = job.spec.tags["key"], key.hasSuffix("-parent") {
                let family = families[job.id] ?? []
                let others = job.dependsOn.filter { !family.contains($0) && !isEntry($0, ofBatch: key) }
                if !others.isEmpty {
                    auditor.report("\(auditor.name(job.id)) waited for jobs that are not its children")
                }
            }
            if job.spec.join.collects, job.attempt > 0 {
                auditor.report("\(auditor.name(job.id)) only collects, but was leased to a worker")
            }
        }
    }

    /// Whether a job has the key of an entry of a batch. It is then the job of another request with this key: of another
    /// client, or of the same batch if its first parent was removed.
    private func isEntry(_ id: JobID, ofBatch parentKey: String) -> Bool {
        let key = auditor.jobs[id]?.submission?.spec.tags["key"] ?? ""
        return key.hasPrefix("shared") || key.hasPrefix(parentKey.dropLast("parent".count))
    }

    private func checkKeys(_ jobs: [Job]) {
        for (key, ids) in answers.keys.sorted(by: { $0.key < $1.key }) where ids.count > 1 {
            // The removal of a job removes its keys.
            let present = ids.filter { auditor.jobs[$0]?.isRemoved == false }
            if present.count > 1 { auditor.report("the key \(key) was answered with \(ids.count) jobs") }
        }
        var holders: [String: [JobID]] = [:]
        for job in jobs {
            if let key = job.spec.tags["key"] { holders[key, default: []].append(job.id) }
        }
        for (key, ids) in holders.sorted(by: { $0.key < $1.key }) where ids.count > 1 {
            auditor.report("the key \(key) belongs to \(ids.count) jobs")
        }
    }

    // MARK: Counts, histories, files

    private func checkQueues(_ queues: [QueueRecord], _ jobs: [Job]) {
        var counted: [String: [JobState: Int]] = [:]
        for job in jobs { counted[job.spec.queue, default: [:]][job.state, default: 0] += 1 }
        for queue in queues where queue.counts != counted[queue.name, default: [:]] {
            auditor.report("the queue \(queue.name) has wrong counts")
        }
    }

    private func checkHistories(_ jobs: [Job], _ store: any JobStore) async throws {
        for job in jobs {
            let history = try await store.history(job.id, afterVersion: 0) ?? []
            if history.map(\.version) != Array(1...job.version) || history.last?.state != job.state {
                auditor.report("\(auditor.name(job.id)) has a history with gaps")
            }
        }
    }

    private func checkFiles(_ jobs: [Job], _ store: any JobStore) async throws {
        _ = try await world.artifacts.sweep { try await store.artifactOwners($0) }
        let contents = world.artifacts.contents
        for job in jobs where job.state == .completed {
            for artifact in job.artifacts {
                let folder = ArtifactFolder(jobID: job.id, fence: artifact.fence)
                if contents[folder]?.contains(artifact.name) != true {
                    auditor.report("\(auditor.name(job.id)) lost its file \(artifact.name)")
                }
            }
            let shown = Set(job.artifacts.map(\.name))
            if let names = answers.files[job.id], !shown.isSuperset(of: names) {
                auditor.report("\(auditor.name(job.id)) does not show the files of its attempt")
            }
        }
        for (folder, names) in contents where !names.isEmpty {
            let job = jobs.first { $0.id == folder.jobID && $0.state == .completed }
            let shown = Set(job?.artifacts.lazy.filter { $0.fence == folder.fence }.map(\.name) ?? [])
            if !shown.isSuperset(of: names) {
                auditor.report("a file of \(auditor.name(folder.jobID)) was not removed")
            }
        }
    }
}
