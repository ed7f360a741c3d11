import LonghaulCore

/// The parameters that a seed sets: the number of servers, workers and clients, and the rate of each fault.
struct Scenario {
    /// The number of servers on the store.
    var servers: Int
    var workers: Int
    var clients: Int
    var requestsPerClient: Int
    /// How long faults are injected, in seconds.
    var faultSeconds: Double
    /// The number of durable jobs.
    var processes: Int
    /// The number of executions of state machines.
    var executions: Int
    /// Whether a broker carries identifiers, instead of the store's own queue.
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
    /// How many jobs have a `callback_url`, in thousandths. If none has, the servers send no webhooks.
    var webhooks: Int
    /// How long failed attempts to deliver a webhook are retried, in seconds.
    var webhookRetrySeconds: Double
    /// The maximum number of webhooks of one job that are kept. Fewer than the engine keeps, so that some are removed.
    var maxWebhooksPerJob: Int
    /// Whether no fault loses a wake-up, and slow polls last an hour. ``Punctuality`` then checks when things happen.
    var isPunctual: Bool

    // The rates of faults, in thousandths:

    /// A server dies right after a commit.
    var crashes: Int
    /// A store call finds the database busy.
    var busy: Int
    /// The database fails, or the server dies, at a verb of a transaction or at its commit.
    var verbFaults: Int
    /// A transaction commits without an answer.
    var lostCommits: Int
    /// A request to a server is lost, or its answer.
    var losses: Int
    /// The broker loses, repeats or delays a message.
    var drops: Int
    var repeats: Int
    var delays: Int
    /// The broker refuses a publication.
    var rejections: Int
    /// A call of the store waits for its turn, or its answer is late.
    var slowCalls: Int
    /// A worker crashes during an attempt, stalls beyond its lease, or fails the attempt.
    var workerCrashes: Int
    var stalls: Int
    var failures: Int
    /// A receiver refuses a webhook, or is gone.
    var webhookFailures: Int
    /// A receiver does not answer, or answers late.
    var webhookStalls: Int
    /// The clock jumps although a task could continue.
    var clockSkipRate: Int

    /// The mean time between operator actions, in seconds; nil for none.
    var operatorSeconds: Double?
    /// The mean time between full disks, in seconds; nil for none.
    var fullDiskSeconds: Double?
    /// The mean time between clock jumps of workers, in seconds; nil for none.
    var clockJumpSeconds: Double?

    /// Draws a scenario. Each kind of fault is absent in about a third of the scenarios, so that all combinations occur.
    init(_ dice: Dice) {
        func rate(_ maximum: Int) -> Int { dice.chance(333) ? 0 : 1 + dice.below(maximum) }
        func pause(_ range: ClosedRange<Double>) -> Double? {
            dice.chance(333) ? nil : dice.seconds(range)
        }
        servers = 1 + dice.below(3)
        workers = 2 + dice.below(3)
        clients = 1 + dice.below(3)
        requestsPerClient = 3 + dice.below(5)
        hasSchedule = dice.chance(150)
        faultSeconds = hasSchedule ? dice.seconds(70...250) : dice.seconds(15...45)
        processes = dice.chance(400) ? 0 : 1 + dice.below(3)
        executions = dice.chance(500) ? 0 : 1 + dice.below(3)
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
        rejections = drops / 4
        slowCalls = delays / 8
        workerCrashes = rate(150)
        stalls = rate(250)
        failures = rate(300)
        webhooks = dice.chance(600) ? 0 : 1 + dice.below(600)
        webhookRetrySeconds = dice.seconds(5...60)
        maxWebhooksPerJob = 1 + dice.below(4)
        webhookFailures = rate(500)
        webhookStalls = rate(250)
        clockSkipRate = dice.chance(500) ? 0 : 1 + dice.below(20)
        operatorSeconds = pause(0.5...5)
        fullDiskSeconds = pause(5...20)
        clockJumpSeconds = pause(2...15)
        isPunctual = dice.chance(350)
    }

    /// Makes the scenario one whose wake-ups ``Punctuality`` checks: removes the faults that lose wake-ups (dead servers, lost
    /// commits and lost messages), and adds those that delay them.
    mutating func makePunctual() {
        isPunctual = true
        slowCalls = delays / 4
        losses *= 3
        (crashes, lostCommits, drops, delays, clockSkipRate) = (0, 0, 0, 0, 0)
        fullDiskSeconds = nil
    }

    /// Draws a rate limit.
    static func rateLimit(_ dice: Dice) -> RateLimit {
        RateLimit(
            jobs: 1 + dice.below(3), periodSeconds: dice.seconds(0.5...4), burst: 1 + dice.below(3))
    }
}
