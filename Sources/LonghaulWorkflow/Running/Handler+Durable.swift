import LonghaulCore
public import LonghaulWorker

extension Handler {
    /// Creates a handler of a durable job.
    ///
    /// The timeout applies to each attempt: the time between two waits, not the life of the job.
    public static func durable<Process: DurableJob>(
        _ process: Process, queue: String? = nil, concurrency: Int? = nil, timeoutSeconds: Double? = nil
    ) -> Handler {
        Handler(
            kind: Process.kind, queue: queue, concurrency: concurrency, timeoutSeconds: timeoutSeconds
        ) { context in
            let runner = FlowRunner(
                process, gateway: context.gateway, environment: FlowEnvironment(context))
            switch try await runner.run(context.lease) {
            case .completed(let output): return Output(result: output)
            case .cancelled: return Output()
            case .suspended: throw AttemptSuspended()
            }
        }
    }
}

extension FlowEnvironment {
    /// Reports through the attempt of a worker.
    fileprivate init(_ context: JobContext) {
        self.init()
        time = context.time
        progress = { context.progress($0, $1) }
        log = { context.log($0, level: $1) }
        flush = { await context.flush() }
    }
}
