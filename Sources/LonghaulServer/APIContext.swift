import LonghaulCore
import LonghaulEngine

/// The state that all routes share.
struct APIContext: Sendable {
    let engine: Engine
    let configuration: APIServerConfiguration
    let keys: KeyDirectory
    let crossOrigin: CrossOrigin
    let held = HeldCalls()
    let metrics = HTTPMetrics()
    let events: EventHub
    let streams: EventStreams

    init(engine: Engine, keys: KeyDirectory, configuration: APIServerConfiguration) {
        self.engine = engine
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

    /// The job that the path names.
    ///
    /// - Throws: ``LonghaulError`` `not_found`, also if the caller's key does not cover the job.
    func coveredJob(of request: APIRequest) async throws -> JobID {
        let id = try request.jobID()
        try await engine.require(id, within: request.grant)
        return id
    }
}
