import LonghaulConcurrency
public import LonghaulCore
public import LonghaulHTTP
import LonghaulJSON
import Synchronization

/// Sends spans to a collector, as OTLP over HTTP in JSON.
///
/// It collects spans in memory and sends them in batches, without blocking the caller. While the collector is
/// unavailable, it drops and counts spans.
public final class Tracer: Sendable {
    /// The settings of a tracer.
    public struct Configuration: Sendable {
        /// The URL of the collector, without `/v1/traces`.
        public var endpoint: String
        /// The URL that receives the spans, in place of that of ``endpoint``.
        public var tracesEndpoint: String?
        /// Header fields of each request. They may be secrets, and are not logged.
        public var headers: [String: String] = [:]
        /// The attributes of the process in traces: `service.name` and others.
        public var resource: [String: String]
        /// The maximum number of buffered spans.
        public var capacity = 4096
        /// The maximum number of spans in a request.
        public var batch = 512
        /// The maximum time before a span is sent, in seconds.
        public var intervalSeconds = 1.0
        /// The timeout of a request, in seconds.
        public var timeoutSeconds = 10.0

        /// Creates the default settings.
        public init(endpoint: String, service: String, version: String) {
            self.endpoint = endpoint
            resource = [
                "service.name": service, "service.version": version, "telemetry.sdk.name": "longhaul",
                "telemetry.sdk.language": "swift", "telemetry.sdk.version": version,
            ]
        }
    }

    /// The numbers of spans by outcome.
    public struct Counts: Sendable, Hashable {
        /// Spans that the collector accepted.
        public var sent = 0
        /// Dropped spans: the buffer was full, or the collector did not accept them.
        public var dropped = 0
    }

    private struct State {
        var waiting: [Span] = []
        var counts = Counts()
        var task: GatedTask<Void>?
        /// Wakes the sending task when a batch is full.
        var batchIsFull: Event<Void>?
    }

    /// The maximum back-off while the collector is unavailable, in seconds.
    private static let maxBackoffSeconds = 30.0

    /// The clock.
    public let time: any TimeSource
    /// The source of IDs.
    public let random: any RandomSource
    private let configuration: Configuration
    private let url: String
    private let http: HTTPClient
    private let note: @Sendable (Note) -> Void
    private let state = Mutex(State())

    /// Creates a tracer. ``start()`` makes it send.
    ///
    /// - Parameter note: receives the log: when the collector becomes unavailable, and when it is available again.
    /// - Throws: ``LonghaulError`` `invalid_request` if the endpoint is not an `http` or `https` URL.
    public init(
        _ configuration: Configuration, http: HTTPClientConfiguration = HTTPClientConfiguration(),
        time: any TimeSource = SystemTime(), random: any RandomSource = SystemRandom(),
        note: @escaping @Sendable (Note) -> Void = { _ in }
    ) throws(LonghaulError) {
        let endpoint = configuration.tracesEndpoint ?? configuration.endpoint
        guard endpoint.hasPrefix("http://") || endpoint.hasPrefix("https://") else {
            throw LonghaulError(
                .invalidRequest,
                "\"\(endpoint)\" is not the URL of a collector, such as http://127.0.0.1:4318")
        }
        self.configuration = configuration
        url =
            configuration.tracesEndpoint
            ?? (endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint) + "/v1/traces"
        self.http = HTTPClient(configuration: http)
        self.time = time
        self.random = random
        self.note = note
    }

    /// The numbers of spans by outcome since the start.
    public var counts: Counts { state.withLock(\.counts) }

    /// A new trace context, in the trace of the parent or in a new trace.
    public func begin(under parent: TraceContext?) -> TraceContext {
        parent?.child(random: random) ?? TraceContext(random: random)
    }

    /// Records an ended span. Spans of traces that are not sampled are ignored.
    public func record(_ span: Span) {
        guard span.context.isSampled else { return }
        let batchIsFull = state.withLock { state -> Event<Void>? in
            guard state.waiting.count < configuration.capacity else {
                state.counts.dropped += 1
                return nil
            }
            state.waiting.append(span)
            return state.waiting.count == configuration.batch ? state.batchIsFull : nil
        }
        batchIsFull?.fire()
    }

    /// Starts to send. Does nothing if the tracer was started before.
    public func start() {
        let candidate = GatedTask { await self.run() }
        let isFirst = state.withLock { state in
            guard state.task == nil else { return false }
            state.task = candidate
            return true
        }
        if isFirst { candidate.open() } else { candidate.cancel() }
    }

    /// Stops after one attempt to send the buffered spans.
    public func stop() async {
        let task = state.withLock { $0.task }
        task?.cancel()
        _ = await task?.value
        while await sendBatch() == true {}
        await http.shutdown()
    }

    /// Sends spans when a batch is full or the interval has passed.
    private func run() async {
        let interval = configuration.intervalSeconds
        var backoff = ExponentialBackoff(initialSeconds: 2 * interval, maxSeconds: Self.maxBackoffSeconds)
        var pause = interval
        while !Task.isCancelled {
            await waitForBatch(seconds: pause)
            if Task.isCancelled { return }
            switch await sendBatch() {
            case true?:
                if backoff.isActive { note("the collector accepts traces again") }
                backoff.reset()
                pause = interval
            case false?: pause = backoff.next(random: random.fraction())
            case nil: break
            }
        }
    }

    /// Waits until a batch is full, but no longer than `seconds`.
    private func waitForBatch(seconds: Double) async {
        let batchIsFull = Event<Void>()
        let mustWait = state.withLock { state in
            state.batchIsFull = batchIsFull
            return state.waiting.count < configuration.batch
        }
        if mustWait { await batchIsFull.wait(else: ()) { try await Task.sleep(for: .seconds(seconds)) } }
    }

    /// Sends the oldest spans. Returns whether the collector accepted them; nil if there are none.
    private func sendBatch() async -> Bool? {
        let spans = state.withLock { state in
            let spans = Array(state.waiting.prefix(configuration.batch))
            state.waiting.removeFirst(spans.count)
            return spans
        }
        guard !spans.isEmpty else { return nil }
        var writer = JSONWriter(capacity: spans.count * 512)
        OTLPRequest(resource: configuration.resource, spans: spans).write(to: &writer)
        var headers: HTTPHeaders = [:]
        for (name, value) in configuration.headers { headers.add(name, value) }
        headers["Content-Type"] = "application/json"
        let request = HTTPClientRequest(
            method: "POST", url: url, headers: headers,
            body: .bytes(writer.bytes), timeout: .seconds(configuration.timeoutSeconds))
        // A separate task: a stop must not cancel a request in flight.
        let fault = await Task { await send(request) }.value
        state.withLock { state in
            if fault == nil { state.counts.sent += spans.count } else { state.counts.dropped += spans.count }
        }
        if let fault {
            note(Note("cannot send \(spans.count) spans, which are dropped: \(fault)", level: .warning))
        }
        return fault == nil
    }

    /// Sends a request. Returns nil on success, else the error message.
    private func send(_ request: HTTPClientRequest) async -> String? {
        do {
            let response = try await http.send(request, maxBytes: 1 << 20)
            return response.isSuccess ? nil : "the collector answered with status \(response.status)"
        } catch {
            return error.message
        }
    }
}
