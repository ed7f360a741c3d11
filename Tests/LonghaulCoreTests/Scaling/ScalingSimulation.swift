import LonghaulCore

/// Simulates a load with a scaling strategy, second by second. Measures waiting times and costs.
struct ScalingSimulation {
    /// The arrivals of jobs, and their run time.
    struct Load {
        let name: String
        /// The number of arrivals in each second.
        let arrivals: [Int]
        /// How long a job runs, in seconds.
        let runSeconds: ClosedRange<Double>
        /// The processor utilization of a running job; the rest is waiting time.
        let processorShare: Double
        /// The time between two peaks of the load.
        let swings: Int
    }

    /// A scaling strategy.
    enum Strategy {
        /// By the depth of the queue.
        case depth(ScalingTarget)
        /// By processor utilization towards this share, like the autoscaler of Kubernetes. It never scales below one
        /// worker, because no workers would use no processor time.
        case processor(share: Double)

        var name: String {
            switch self {
            case .depth(.jobsPerWorker(let jobs)): "depth, \(Int(jobs)) jobs a worker"
            case .depth(.drain(let seconds)): "depth, drained in \(Int(seconds)) s"
            case .processor(let share): "processor at \(Int(share * 100))%"
            }
        }
    }

    struct Outcome {
        var waits: [Double] = []
        var workerSeconds = 0
        /// The number of changes between scaling up and scaling down.
        var turns = 0
        var peak = 0
        var killed = 0

        func wait(_ share: Double) -> Double {
            let sorted = waits.sorted()
            return sorted.isEmpty ? 0 : sorted[max(0, Int((Double(sorted.count) * share).rounded(.up)) - 1)]
        }
    }

    private struct Worker {
        /// When it is ready to take jobs.
        var readyAt: Int
        /// When its job ends; nil while it is idle.
        var busyUntil: Double?
        var isDraining = false
    }

    static let startSeconds = 5
    static let pollSeconds = 5
    static let maxWorkers = 40
    static let cooldownSeconds = 60.0

    private let load: Load
    private let strategy: Strategy
    private let random = SeededRandom(seed: 17)
    private var scaler = Autoscaler(
        Autoscaler.Policy(maxWorkers: Self.maxWorkers, cooldownSeconds: Self.cooldownSeconds))
    private var workers: [Worker] = []
    private var queue: [Int] = []
    private var runs: [Double] = []
    private var busySeconds = 0.0
    private var lastTurn = 0
    private var outcome = Outcome()

    static func run(_ load: Load, _ strategy: Strategy) -> Outcome {
        var simulation = ScalingSimulation(load: load, strategy: strategy)
        return simulation.play()
    }

    private init(load: Load, strategy: Strategy) {
        self.load = load
        self.strategy = strategy
    }

    private mutating func play() -> Outcome {
        var second = 0
        while second < load.arrivals.count || !queue.isEmpty {
            let arrivals = second < load.arrivals.count ? load.arrivals[second] : 0
            queue += [Int](repeating: second, count: arrivals)
            work(at: second)
            if second % Self.pollSeconds == 0 { scale(at: second) }
            outcome.workerSeconds += workers.count
            outcome.peak = max(outcome.peak, workers.count)
            second += 1
            if second > load.arrivals.count + 36_000 { break }
        }
        return outcome
    }

    /// Ends jobs that end within the second, and assigns jobs to idle workers.
    private mutating func work(at second: Int) {
        let end = Double(second + 1)
        var next = 0
        for index in workers.indices where workers[index].readyAt <= second {
            var free = max(workers[index].busyUntil ?? 0, Double(second))
            busySeconds += min(free, end) - Double(second)
            while free < end, !workers[index].isDraining, next < queue.count {
                outcome.waits.append(max(0, free - Double(queue[next])))
                next += 1
                let span = load.runSeconds.upperBound - load.runSeconds.lowerBound
                let run = load.runSeconds.lowerBound + random.fraction() * span
                runs.append(run)
                busySeconds += min(free + run, end) - free
                free += run
            }
            workers[index].busyUntil = free > end ? free : nil
        }
        queue.removeFirst(next)
        // A draining worker stops when its job has ended.
        workers.removeAll { $0.isDraining && $0.busyUntil == nil }
    }

    private mutating func scale(at second: Int) {
        let active = workers.indices.filter { !workers[$0].isDraining }
        let now = Timestamp(milliseconds: Int64(second) * 1000)
        let desired = scaler.decide(demand: demand(active.count, at: second), current: active.count, at: now)
        busySeconds = 0
        if desired != active.count {
            let turn = desired > active.count ? 1 : -1
            if lastTurn != 0, turn != lastTurn { outcome.turns += 1 }
            lastTurn = turn
        }
        let room = max(0, Self.maxWorkers - workers.count)
        for _ in 0..<min(room, max(0, desired - active.count)) {
            workers.append(Worker(readyAt: second + Self.startSeconds))
        }
        let idleFirst = active.sorted { (workers[$0].busyUntil ?? 0) < (workers[$1].busyUntil ?? 0) }
        for index in idleFirst.prefix(max(0, active.count - desired)) { workers[index].isDraining = true }
    }

    private func demand(_ current: Int, at second: Int) -> Int {
        switch strategy {
        case .depth(let target):
            let recent = load.arrivals[
                max(0, min(second, load.arrivals.count) - 60)..<min(second, load.arrivals.count)]
            let latest = runs.suffix(1024)
            return target.workers(
                for: ScalingLoad(
                    pending: queue.count, running: workers.count { $0.busyUntil != nil },
                    arrivalRate: Double(recent.reduce(0, +)) / 60,
                    runSeconds: latest.isEmpty ? nil : latest.reduce(0, +) / Double(latest.count)))
        case .processor(let share):
            guard current > 0 else { return 1 }
            let used = busySeconds / Double(current * Self.pollSeconds) * load.processorShare
            let ratio = used / share
            // Within a tenth of the target, the number is unchanged.
            return abs(ratio - 1) <= 0.1 ? current : max(1, Int((Double(current) * ratio).rounded(.up)))
        }
    }
}
