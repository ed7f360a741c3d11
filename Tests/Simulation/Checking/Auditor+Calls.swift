import LonghaulCore
import LonghaulFlaws
import LonghaulStore

/// The calls of the store that the auditor checks: the state before the transaction, and the answer.
extension Auditor {
    /// A call, and whether each of its tokens was current before the transaction.
    struct Expectation {
        let call: StoreCall
        let held: [Bool]
    }

    /// Records a call that is about to run.
    func willRun(_ call: StoreCall, by server: AuditedServer) -> Expectation {
        switch call {
        case .submit(let submissions): willSubmit(submissions, isBounded: true)
        case .complete(let completions):
            for completion in completions { willSubmit(completion.next, isBounded: false) }
            let held = completions.map { isHeld($0.token, by: server) || isRepeat($0) }
            return Expectation(call: call, held: held)
        case .journal(_, let updates): willSubmit(updates.compactMap(\.submission), isBounded: false)
        case .write(_, let execution?): willSubmit([execution], isBounded: true)
        case .advance(_, let advance): willSubmit(advance.children, isBounded: false)
        case .fire(let firing):
            if let submission = firing.submission { willSubmit([submission], isBounded: true) }
        default: break
        }
        return Expectation(call: call, held: call.tokens.map { isHeld($0, by: server) })
    }

    /// Records the effects of a transaction that no change reports.
    func committed(_ effects: UnpublishedEffects) {
        for (queue, settings) in effects.settings { setQueue(queue, settings) }
        for webhook in effects.webhooks { stored(webhook) }
        follow(effects.journals)
        for id in effects.removed { removed(id) }
        if effects.hasSortedPartitions { endSorting() }
    }

    /// Checks the answer to a call.
    func answered(_ expectation: Expectation, _ answer: Any, by server: AuditedServer) {
        switch (expectation.call, answer) {
        case (.submit(let submissions), let outcomes as [SubmitOutcome]): submitted(submissions, outcomes)
        case (.claim(let request), let leases as [Lease]):
            claimed(leases)
            chosen(leases, for: request)
        case (_, let leases as [Lease]): claimed(leases)
        case (.heartbeat(let heartbeat), let outcome as HeartbeatOutcome):
            beat(heartbeat, expectation.held, outcome)
        case (let call, let answers as [Result<Job, LonghaulError>]):
            for (index, token) in call.tokens.enumerated() {
                ended(token, by: call.name, expectation.held[index], answers[index])
            }
            guard case .complete(let completions) = call else { return }
            for (completion, answer) in zip(completions, answers) {
                if case .success = answer { completed(completion) }
            }
        case (.journal(let token, _), let answer as Result<[JournalOperation], LonghaulError>):
            used(token, by: "an update of the journal", expectation.held[0], nil)
            updated(token, answer)
        case (.advance(let token, let advance), let outcome as AdvanceOutcome):
            used(token, by: "a step", expectation.held[0], nil)
            switch outcome {
            case .held: continued(token)
            case .released: ended(token, advance)
            }
        case (.attach(let token, _), _): used(token, by: "attachment", expectation.held[0], nil)
        case (.fire(let firing), ScheduleOutcome.done(let submitted?)):
            guard let submission = firing.submission else { return }
            self.submitted([submission], [submitted])
            ticked(submission)
            if let due = firing.advance?.from { punctuality.expect("a schedule fired", at: due) }
        case (.maintain, let answer):
            maintained(by: server)
            if let maintenance = answer as? Maintenance { purged(maintenance.purged) }
        default: break
        }
    }

    /// Checks the error that a rule threw.
    func refused(_ expectation: Expectation, _ error: LonghaulError) {
        switch expectation.call {
        case .attach(let token, _): used(token, by: "attachment", expectation.held[0], error)
        case .advance(let token, _): used(token, by: "a step", expectation.held[0], error)
        case .journal(let token, _): used(token, by: "an update of the journal", expectation.held[0], error)
        default: break
        }
    }
}

extension StoreCall {
    fileprivate var name: String {
        switch self {
        case .complete: "complete"
        case .fail: "fail"
        default: "release"
        }
    }
}
