import LonghaulCore
import LonghaulJSON

/// The code of a simulated process. A number determines it, so that every worker runs the same code.
struct ProcessScript {
    /// The kind of the jobs that run processes.
    static let kind = "process"
    /// The name of signals that a process waits for without a limit.
    static let signal = "go"
    /// The name of signals that a process stops waiting for after some time.
    static let timedSignal = "maybe"

    /// An operation of the code.
    enum Part {
        case step
        case timer(seconds: Double)
        case signal(timeoutSeconds: Double?)
        case child(isProcess: Bool)
        case marker
    }

    /// A line of the code.
    enum Line {
        case one(Part)
        /// Runs all parts side by side, and waits for all.
        case all([Part])
        /// Waits for the first of the parts, and cancels the others.
        case race([Part])
        /// Runs a step with a compensation.
        case compensated
    }

    let number: Int
    let round: Int
    let lines: [Line]
    /// How often the job continues as new.
    let rounds: Int
    /// Whether the last round fails.
    let fails: Bool

    init(number: Int, round: Int) {
        self.number = number
        self.round = round
        let dice = Dice(seed: UInt64(number))
        // The children of processes have none.
        let isChild = number % 2 == 1
        rounds = isChild || dice.chance(700) ? 1 : 2
        fails = dice.chance(80)
        func part() -> Part {
            switch dice.below(isChild ? 7 : 9) {
            case 0, 1: .step
            case 2: .timer(seconds: dice.seconds(0...12))
            case 3: .marker
            case 4, 5: .signal(timeoutSeconds: nil)
            case 6: .signal(timeoutSeconds: dice.seconds(0.5...10))
            default: .child(isProcess: dice.chance(300))
            }
        }
        lines = (0..<(2 + dice.below(isChild ? 2 : 5))).map { _ in
            switch dice.below(10) {
            case 0, 1: .compensated
            case 2, 3: .all((0..<(2 + dice.below(2))).map { _ in part() })
            case 4: .race([.timer(seconds: dice.seconds(1...8)), part()])
            default: .one(part())
            }
        }
    }

    /// The script that a job runs; nil for the payload of another kind of job.
    init?(_ payload: JSONText) {
        guard let root = try? JSONDocument(parsing: payload.bytes).root,
            let number = root["script"]?.int, let round = root["round"]?.int
        else { return nil }
        self.init(number: Int(number), round: Int(round))
    }

    /// The payload of a round.
    func payload(round: Int) -> JSONText {
        JSONText(validated: Array(#"{"script":\#(number),"round":\#(round)}"#.utf8))
    }

    /// A job that runs the script.
    var job: NewJob {
        var job = NewJob(JobSpec(kind: Self.kind, payload: payload(round: round)))
        job.spec.maxAttempts = 100
        job.spec.backoff = Backoff(growth: .fixed, initialSeconds: 1)
        return job
    }
}
