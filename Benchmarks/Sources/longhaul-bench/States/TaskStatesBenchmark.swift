import LonghaulCore
import LonghaulEngine
import LonghaulJSON
import LonghaulWorker

/// Runs executions of ten Task states, each a job that a worker runs, beside chains of ten such jobs: from the start of the first
/// execution or the submission of the first chain to the last end.
struct TaskStatesBenchmark {
    let executions: Int
    let rounds: Int
    let address: String
    private static let length = 10
    private static let slots = 64
    private static let kind = "bench.noop"
    private static let payload = #"{"n":1}"#

    /// Measures both in turn, with a new store for each round over SQLite.
    func run() async throws {
        var chain = Rate()
        var states = Rate()
        for _ in 0..<rounds {
            chain.merge(try await measure(chains))
            states.merge(try await measure(machine))
        }
        report([
            "executions": Double(executions), "chain_jobs_per_second": chain.jobsPerSecond,
            "state_jobs_per_second": states.jobsPerSecond,
            "ratio": states.jobsPerSecond / chain.jobsPerSecond,
            "chain_processor_us": chain.microseconds, "state_processor_us": states.microseconds,
        ])
    }

    /// The best of some rounds.
    private struct Rate {
        var jobsPerSecond = 0.0
        /// The processor time of a job.
        var microseconds = Double.infinity

        mutating func merge(_ other: Rate) {
            jobsPerSecond = max(jobsPerSecond, other.jobsPerSecond)
            microseconds = min(microseconds, other.microseconds)
        }
    }

    private func measure(_ work: (MachineRig) async throws -> Void) async throws -> Rate {
        let rig = try await MachineRig(address)
        let worker = Worker(
            configuration: WorkerConfiguration(queues: [("default", Self.slots)]), gateway: rig.engine,
            handlers: [Handler(kind: Self.kind) { _ in Handler.Output() }])
        worker.start()
        let jobs = Double(executions * Self.length)
        let processor = ProcessUsage.processorSeconds
        let taken = try await seconds { try await work(rig) }
        let used = ProcessUsage.processorSeconds - processor
        await worker.shutdown(grace: .seconds(30))
        try await rig.end()
        return Rate(jobsPerSecond: jobs / taken, microseconds: used / jobs * 1e6)
    }

    private func machine(_ rig: MachineRig) async throws {
        let ended = try await rig.completed()
        let machine = try await rig.create("tasks", Self.definition)
        try await rig.start(executions, of: machine, input: "{}")
        try await rig.waitUntil(completed: ended + executions)
    }

    private func chains(_ rig: MachineRig) async throws {
        let ended = try await rig.completed("default")
        let chains = NewJobBatch(jobs: (0..<Self.chainsInBatch).flatMap { Self.chain($0) })
        for _ in 0..<executions / Self.chainsInBatch { _ = try await rig.engine.submit(chains) }
        try await rig.waitUntil(completed: ended + executions * Self.length, in: "default")
    }

    /// A batch has up to 1,000 jobs.
    private static let chainsInBatch = 100

    private static func chain(_ number: Int) -> [NewJob] {
        (0..<length).map { step in
            var job = NewJob(JobSpec(kind: kind, payload: JSONText(validated: Array(payload.utf8))))
            job.ref = "\(number).\(step)"
            if step > 0 { job.dependsOn = [.ref("\(number).\(step - 1)")] }
            return job
        }
    }

    private static var definition: String {
        let states = (0..<length).map { step in
            let next = step + 1 < length ? #""Next":"S\#(step + 1)""# : #""End":true"#
            return #"""
                "S\#(step)":{"Type":"Task","Resource":"arn:aws:states:::longhaul:job",\#
                "Parameters":{"kind":"\#(kind)","payload":\#(payload)},"ResultPath":null,\#(next)}
                """#
        }
        return #"{"StartAt":"S0","States":{\#(states.joined(separator: ","))}}"#
    }
}
