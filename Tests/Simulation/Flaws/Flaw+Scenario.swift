import LonghaulCore
import LonghaulFlaws

extension Flaw {
    /// The flaws of a store, or of the engine over it.
    static func all(of store: SimulatedStore) -> [Flaw] {
        let ofSQLite: [Flaw] = [.earlyAnswer, .synchronousOff, .unsyncedCheckpoint]
        switch store {
        case .sqlite: return ofSQLite
        case .memory: return allCases.filter { $0 == .earlyAnswer || !ofSQLite.contains($0) }
        }
    }

    /// Changes the scenario so that the flaw can do harm.
    func expose(_ scenario: inout Scenario) {
        switch self {
        case .lostOutbox:
            scenario.hasBroker = true
            scenario.drops = max(scenario.drops, 100)
        case .blindTick:
            scenario.hasSchedule = true
            scenario.faultSeconds = max(scenario.faultSeconds, 130)
            scenario.servers = max(scenario.servers, 2)
        case .earlyAnswer, .nextApart, .impatientReaper: scenario.crashes = max(scenario.crashes, 5)
        case .ageless: scenario.ageingSeconds = 5
        case .oneRoomCheck:
            scenario.maxConcurrency = 1
            scenario.rateLimit = RateLimit(jobs: 1000)
        case .forgottenTurns:
            scenario.clients = 3
            scenario.requestsPerClient = 12
            scenario.rateLimit = RateLimit(jobs: 1, periodSeconds: 2)
        case .earlyDepthCheck:
            scenario.maxDepth = 1
            scenario.operatorSeconds = 0.5
        case .earlierWorker:
            scenario.failures = 300
            scenario.operatorSeconds = 0.5
        case .keptJob, .eatenHint:
            scenario.makePunctual()
            scenario.losses = 300
            scenario.servers = 1
        case .forgottenPlan:
            scenario.makePunctual()
            scenario.failures = 300
        case .lateRegistration, .forgottenStart: scenario.makePunctual()
        case .silentEndings: scenario.makePunctual()
        case .silentRoom:
            scenario.makePunctual()
            scenario.maxConcurrency = 1
        case .refusedPublication:
            scenario.makePunctual()
            scenario.hasBroker = true
            scenario.rejections = 100
        case .keptHint:
            scenario.makePunctual()
            scenario.workers = 4
            scenario.servers = 1
            scenario.clients = 3
        case .laterWebhook:
            scenario.webhooks = 1000
            scenario.crashes = max(scenario.crashes, 5)
        case .leaselessClaim:
            scenario.webhooks = 1000
            scenario.webhookStalls = max(scenario.webhookStalls, 100)
        case .swallowedFault: scenario.verbFaults = 50
        case .lostWakeUp, .repeatedSignal, .secondChild, .changedOperation, .blindSuspension:
            scenario.processes = 4
            scenario.losses = max(scenario.losses, 30)
        case .blindWait, .openName, .openTask, .keptRecords:
            scenario.executions = 4
            scenario.losses = max(scenario.losses, 30)
            scenario.operatorSeconds = 1
        case .unrecordedChange, .unrevokedKey: scenario.operatorSeconds = 0.5
        default: break
        }
    }
}
