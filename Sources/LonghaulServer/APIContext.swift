import LonghaulEngine

/// The state that all routes share.
struct APIContext: Sendable {
    let engine: Engine
    let configuration: APIServerConfiguration
    let held = HeldCalls()
    let metrics = HTTPMetrics()
    let events: EventHub
    let streams: EventStreams

    init(engine: Engine, configuration: APIServerConfiguration) {
        self.engine = engine
        self.configuration = configuration
        events = EventHub(feed: engine.feed)
        streams = EventStreams(limits: configuration.eventStreams)
    }

    /// The maximum size of a body with one payload, result or output: 1 MiB more than the value itself.
    var maxValueBodyBytes: Int {
        max(APIRequest.maxJSONBytes, engine.configuration.maxPayloadBytes + 1 << 20)
    }
}
