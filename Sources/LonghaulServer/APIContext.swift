import LonghaulCore
import LonghaulEngine
import LonghaulExecutions

/// The state that all routes share. A class, because a copy of its parts for each request would cost time.
final class APIContext: Sendable {
    let engine: Engine
    /// State machines and their executions; nil for a server without them.
    let stepFunctions: StepFunctions?
    let configuration: APIServerConfiguration
    let keys: KeyDirectory
    let crossOrigin: CrossOrigin
    let held = HeldCalls()
    let metrics = HTTPMetrics()
    let events: EventHub
    let streams: EventStreams

    init(
        engine: Engine, stepFunctions: StepFunctions? = nil, keys: KeyDirectory,
        configuration: APIServerConfiguration
    ) {
        self.engine = engine
        self.stepFunctions = stepFunctions
        self.keys = keys
        crossOrigin = CrossOrigin(configuration.corsOrigins)
        self.configuration = configuration
        events = EventHub(feed: engine.feed)
        streams = EventStreams(limits: configuration.eventStreams)
    }

    /// The maximum size of a body with one payload, result or output: 1 MiB more than the value itself.
    var maxValueBodyBytes: Int {
        max(APIRequest.maxJSONBytes, engine.configuration.maxPayloadBytes + 1 << 20)
    }

    /// State machines and their executions.
    ///
    /// - Throws: ``LonghaulError`` `unavailable` if this server has none.
    func stateMachines() throws(LonghaulError) -> StepFunctions {
        guard let stepFunctions else {
            throw LonghaulError(.unavailable, "this server has no state machines")
        }
        return stepFunctions
    }

    /// The job that the path names.
    ///
    /// - Throws: ``LonghaulError`` `not_found`, also if the caller's key does not cover the job.
    func coveredJob(of request: APIRequest) async throws -> JobID {
        let id = try request.jobID()
        try await engine.require(id, within: request.grant)
        return id
    }
}
