import LonghaulCore

/// What a seed makes of the world: how many there are of each, and how often each fault strikes.
struct Scenario {
    /// How many servers work on the one store.
    var servers: Int
    var workers: Int
    var clients: Int
    var requestsPerClient: Int
    /// For how long faults are injected, in seconds.
    var faultSeconds: Double
    /// Whether a broker carries identifiers, and not the store's own queue.
    var hasBroker: Bool
    /// Whether a schedule ticks every minute.
    var hasSchedule: Bool
    /// The bounds of the queue `bounded`.
    var maxDepth: Int
    var maxConcurrency: Int?
    /// The rate limit of the queue `limited`.
    var rateLimit: RateLimit
    /// How long a job waits for one level of priority; nil without ageing.
    var ageingSeconds: Double?

    // How often, of a thousand:
    /// a server dies right before a store call, or right after its commit;
    var crashes: Int
    /// a store call finds the database busy, or commits and is not answered;
    var busy: Int
    /// the database fails, or the server dies, at one of the verbs of a transaction or at its commit;
    var verbFaults: Int
    var lostCommits: Int
    /// a call between client or worker and server is lost, or its answer is;
    var losses: Int
    /// the broker drops a message, repeats it, holds it back;
    var drops: Int
    var repeats: Int
    var delays: Int
    /// an attempt's worker crashes, stalls beyond its lease, or ends it with a fault;
    var workerCrashes: Int
    var stalls: Int
    var failures: Int
    /// time passes although somebody could go on.
    var clockSkipRate: Int

    /// How often the operator does something, in seconds between; nil for never.
    var operatorSeconds: Double?
    /// How often the disk fills up, in seconds between; nil for never.
    var fullDiskSeconds: Double?
    /// How often workers' clocks jump, in seconds between; nil for never.
    var clockJumpSeconds: Double?

    /// Draws a scenario. Each sort of fault is absent in about a third of them, so that every mixture comes up.
    init(_ dice: Dice) {
        func rate(_ most: Int) -> Int { dice.chance(333) ? 0 : 1 + dice.below(most) }
        func pause(_ range: ClosedRange<Double>) -> Double? {
            dice.chance(333) ? nil : dice.seconds(range)
        }
        servers = 1 + dice.below(3)
        workers = 2 + dice.below(3)
        clients = 1 + dice.below(3)
        requestsPerClient = 3 + dice.below(5)
        hasSchedule = dice.chance(150)
        faultSeconds = hasSchedule ? dice.seconds(70...250) : dice.seconds(15...45)
        hasBroker = dice.chance(500)
        maxDepth = 1 + dice.below(4)
        maxConcurrency = dice.chance(500) ? 1 + dice.below(2) : nil
        rateLimit = Self.rateLimit(dice)
        ageingSeconds = dice.chance(250) ? nil : dice.seconds(1...30)
        crashes = rate(20)
        busy = rate(40)
        verbFaults = rate(20)
        lostCommits = rate(20)
        losses = rate(80)
        drops = rate(400)
        repeats = rate(300)
        delays = rate(300)
        workerCrashes = rate(150)
        stalls = rate(250)
        failures = rate(300)
        clockSkipRate = dice.chance(500) ? 0 : 1 + dice.below(20)
        operatorSeconds = pause(0.5...5)
        fullDiskSeconds = pause(5...20)
        clockJumpSeconds = pause(2...15)
    }

    /// Draws a rate limit.
    static func rateLimit(_ dice: Dice) -> RateLimit {
        RateLimit(
            jobs: 1 + dice.below(3), periodSeconds: dice.seconds(0.5...4), burst: 1 + dice.below(3))
    }
}
