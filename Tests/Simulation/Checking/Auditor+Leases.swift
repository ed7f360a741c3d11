import LonghaulCore
import LonghaulJSON

/// Leases, and the calls with their tokens.
extension Auditor {
    /// Records leases, and checks their fences and what they show.
    func claimed(_ leases: [Lease]) {
        for lease in leases {
            let token = lease.token
            guard var model = jobs[token.jobID] else {
                report("a job was leased that was never stored")
                continue
            }
            if let holder = model.holder, holder.token != token, model.state == .processing {
                report("\(name(token.jobID)) has two live attempts")
            }
            if lease.job.progress != nil {
                report("an attempt of \(name(token.jobID)) starts with the progress of an earlier one")
            }
            if token.fence <= model.fence { report("\(name(token.jobID)) was leased with a used fence") }
            model.fence = max(model.fence, token.fence)
            if model.state == .processing {
                model.holder = Holder(
                    token: token, worker: lease.job.worker?.id, grantedAt: clock.now(),
                    expiresAt: lease.expiresAt,
                    seconds: lease.expiresAt.seconds(since: clock.now()))
            }
            jobs[token.jobID] = model
            leased(lease)
        }
    }

    /// Whether a token is that of a job's current lease.
    func isHeld(_ token: LeaseToken, by server: AuditedServer) -> Bool {
        guard let model = jobs[token.jobID], let holder = model.holder, model.state == .processing else {
            return false
        }
        return holder.token == token && clock.now() <= server.earliestEnd(of: holder)
    }

    /// Records that a server has run maintenance, which stores the new ends of leases that an outage extends.
    func maintained(by server: AuditedServer) {
        let now = clock.now()
        for (id, model) in jobs where model.state == .processing {
            guard let holder = model.holder, holder.expiresAt <= now else { continue }
            jobs[id]?.holder?.expiresAt = server.earliestEnd(of: holder)
        }
    }

    /// Whether a completion repeats an accepted one.
    func isRepeat(_ completion: StoreCompletion) -> Bool {
        guard let model = jobs[completion.token.jobID], let first = model.completion else { return false }
        return model.state == .completed && !model.isRemoved && first.token == completion.token
            && first.result == completion.result
    }

    /// Checks the outcome of a call with a token.
    func used(_ token: LeaseToken, by call: String, _ wasHeld: Bool, _ error: LonghaulError?) {
        trace.note(
            token.jobID.low, UInt64(token.fence), error == nil ? 1 : 0,
            words: "\(name(token.jobID)) \(call) with fence \(token.fence): \(error?.code.rawValue ?? "done")"
        )
        if error == nil, !wasHeld {
            report("\(call) of \(name(token.jobID)) was accepted from a stale token")
        }
        if error?.code == .leaseLost, wasHeld {
            report("\(call) of \(name(token.jobID)) was refused although its lease was live")
        }
    }

    /// Checks the end of an attempt.
    func ended(_ token: LeaseToken, by call: String, _ wasHeld: Bool, _ answer: Result<Job, LonghaulError>) {
        switch answer {
        case .success(let job):
            used(token, by: call, wasHeld, nil)
            if call == "release" { released(job) }
        case .failure(let error): used(token, by: call, wasHeld, error)
        }
    }

    /// Checks that a released job shows nothing of the attempt that does not count, nor of attempts before a retry by hand.
    private func released(_ job: Job) {
        if job.progress != nil { report("\(name(job.id)) was released and shows progress") }
        guard jobs[job.id]?.failures == 0, job.worker != nil || job.startedAt != nil else { return }
        report("\(name(job.id)) was released and shows the worker of an attempt that does not count")
    }

    /// Records an accepted completion.
    func completed(_ completion: StoreCompletion) {
        let id = completion.token.jobID
        // A job that was cancelled ends as cancelled when its compensations are done.
        guard jobs[id]?.state == .completed else { return }
        if let first = jobs[id]?.completion, first.token != completion.token {
            report(
                "\(name(id)) was completed twice, by fences \(first.token.fence) and \(completion.token.fence)"
            )
        }
        // A repeated completion has the same next jobs under other IDs. The first one counts.
        if jobs[id]?.completion == nil { jobs[id]?.completion = completion }
    }

    /// Records a step after which the attempt continues. It makes this attempt the first one, without a change of the state.
    func continued(_ token: LeaseToken) {
        guard let attempt = jobs[token.jobID]?.attempt, attempt > 1 else { return }
        jobs[token.jobID]?.attempt = 1
        jobs[token.jobID]?.failures = 0
    }

    /// Records a step that ended the lease of an execution.
    func ended(_ token: LeaseToken, _ advance: ExecutionAdvance) {
        guard case .complete(let result) = advance.end else { return }
        jobs[token.jobID]?.completion = StoreCompletion(token: token, result: result)
    }

    /// Checks a heartbeat.
    func beat(_ heartbeat: Heartbeat, _ wereHeld: [Bool], _ outcome: HeartbeatOutcome) {
        let renewed = Dictionary(
            outcome.renewed.map { ($0.token, $0.expiresAt) }, uniquingKeysWith: { max($0, $1) })
        for (beat, wasHeld) in zip(heartbeat.beats, wereHeld) {
            let expiresAt = renewed[beat.token]
            used(beat.token, by: "heartbeat", wasHeld, expiresAt == nil ? .leaseLost : nil)
            if let expiresAt, wasHeld { jobs[beat.token.jobID]?.holder?.expiresAt = expiresAt }
        }
    }
}
