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
        case .swallowedFault: scenario.verbFaults = max(scenario.verbFaults, 10)
        default: break
        }
    }
}
