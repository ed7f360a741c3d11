/// The random properties of a run of real workers.
struct WorkerScenario {
    /// Whether outages may last longer than a lease. Without them, no attempt may lose its lease.
    let isHarsh: Bool
    let workers: Int
    let slots: Int
    let jobs: Int
    /// How long faults are injected, in seconds.
    let faultSeconds: Double
    let leaseSeconds = 30.0
    /// The time after the end of the lease after which a worker abandons an attempt, in seconds.
    let outageSeconds: Double
    let pollSeconds: Double
    /// The interval of heartbeats of an idle worker, in seconds.
    let heartbeatSeconds: Double?
    /// The time that a cancelled handler gets before the worker reports the attempt, in seconds.
    let endSeconds = 10.0
    let timeoutSeconds: Double
    /// The mean time between restarts of workers, in seconds; nil for none.
    let restartSeconds: Double?

    // The rates of faults of a call, in thousandths:

    /// The request is lost, or the server refuses it for now.
    let rejections: Int
    /// The answer is lost.
    let losses: Int
    /// The server gets the call twice.
    let repeats: Int
    /// The request or the answer is late.
    let delays: Int
    /// The server refuses one completion of a call for now.
    let entryRejections: Int

    init(_ dice: Dice) {
        func rate(_ maximum: Int) -> Int { dice.chance(250) ? 0 : 1 + dice.below(maximum) }
        isHarsh = dice.chance(300)
        workers = 1 + dice.below(2)
        slots = 1 + dice.below(4)
        jobs = 4 + dice.below(10)
        faultSeconds = dice.seconds(30...120)
        outageSeconds = isHarsh ? dice.seconds(2...40) : 3600
        pollSeconds = dice.chance(500) ? 20 : dice.seconds(1...5)
        heartbeatSeconds = dice.chance(700) ? 1.5 : nil
        timeoutSeconds = dice.seconds(5...25)
        restartSeconds = dice.chance(400) ? nil : dice.seconds(10...40)
        rejections = rate(400)
        losses = rate(300)
        repeats = rate(200)
        delays = rate(400)
        entryRejections = rate(300)
    }
}
