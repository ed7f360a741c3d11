public import LonghaulCore
public import LonghaulHTTP
import LonghaulJSON
import Synchronization

/// Sends spans to a collector, as OTLP over HTTP in JSON.
///
/// Nobody waits for it: spans gather in memory and leave in batches. While the collector is away they are
/// dropped, and counted; work goes on.
public final class Tracer: Sendable {
    /// How a tracer sends.
    public struct Configuration: Sendable {
        /// The collector's address, to which `/v1/traces` is added.
        public var endpoint: String
        /// What the process is called in traces.
        public var service: String
        /// The version of the product.
        public var version: String
        /// The most spans that wait.
        public var capacity = 4096
        /// The most spans of one request.
        public var batch = 512
        /// How long spans wait for company, in seconds.
        public var intervalSeconds = 1.0
        /// How long one request may take, in seconds.
        public var timeoutSeconds = 10.0

        /// The usual settings.
        public init(endpoint: String, service: String, version: String) {
            self.endpoint = endpoint
            self.service = service
            self.version = version
        }
    }

    /// How many spans went which way.
    public struct Counts: Sendable, Hashable {
        /// Taken by the collector.
        public var sent = 0
        /// Given up: too many waited, or the collector did not take them.
        public var dropped = 0
    }

    private struct State {
        var waiting: [Span] = []
        var counts = Counts()
        var task: GatedTask<Void>?
        var wake: AsyncStream<Void>.Continuation?
    }

    /// The longest pause after the collector was not there, in seconds.
    private static let longestPause = 30.0

    /// Its clock.
    public let time: any TimeSource
    /// Where identifiers come from.
    public let random: any RandomSource
    private let configuration: Configuration
    private let url: String
    private let http: HTTPClient
    private let note: @Sendable (Note) -> Void
    private let state = Mutex(State())

    /// A tracer that does not send yet.
    ///
    /// - Parameter note: told when the collector goes away and when it is back.
    /// - Throws: ``LonghaulError`` `invalid_request` if the endpoint is not an `http` or `https` URL.
    public init(
        _ configuration: Configuration, http: HTTPClientConfiguration = HTTPClientConfiguration(),
        time: any TimeSource = SystemTime(), random: any RandomSource = SystemRandom(),
        note: @escaping @Sendable (Note) -> Void = { _ in }
    ) throws(LonghaulError) {
        let endpoint = configuration.endpoint
        guard endpoint.hasPrefix("http://") || endpoint.hasPrefix("https://") else {
            throw LonghaulError(
                .invalidRequest,
                "\"\(endpoint)\" is not the URL of a collector, such as http://127.0.0.1:4318")
        }
        self.configuration = configuration
        url = (endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint) + "/v1/traces"
        self.http = HTTPClient(configuration: http)
        self.time = time
        self.random = random
        self.note = note
    }

    /// How many spans went which way so far.
    public var counts: Counts { state.withLock(\.counts) }

    /// A new place in a trace: in that of the parent, or in a new one.
    public func begin(under parent: TraceContext?) -> TraceContext {
        parent?.child(random: random) ?? TraceContext(random: random)
    }

    /// Takes a span that has ended; of a trace that nobody wants recorded nothing is kept.
    public func record(_ span: Span) {
        guard span.context.isSampled else { return }
        let wake = state.withLock { state -> AsyncStream<Void>.Continuation? in
            guard state.waiting.count < configuration.capacity else {
                state.counts.dropped += 1
                return nil
            }
            state.waiting.append(span)
            return state.waiting.count == configuration.batch ? state.wake : nil
        }
        wake?.yield()
    }

    /// Starts to send. Does nothing if it has started.
    public func start() {
        let (wakes, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let candidate = GatedTask { await self.run(wakes) }
        let isFirst = state.withLock { state in
            guard state.task == nil else { return false }
            state.wake = wake
            state.task = candidate
            return true
        }
        if isFirst { candidate.open() } else { candidate.cancel() }
    }

    /// Stops, after one last try to send what waits.
    public func stop() async {
        let (task, wake) = state.withLock { ($0.task, $0.wake) }
        wake?.finish()
        task?.cancel()
        _ = await task?.value
        while await sendBatch() == true {}
        await http.shutdown()
    }

    /// Sends whenever there is a full batch or the interval has passed.
    private func run(_ wakes: AsyncStream<Void>) async {
        var pause = configuration.intervalSeconds
        while !Task.isCancelled {
            await Self.wait(for: wakes, seconds: pause)
            if Task.isCancelled { return }
            switch await sendBatch() {
            case true?:
                if pause > configuration.intervalSeconds { note("traces are taken again") }
                pause = configuration.intervalSeconds
            case false?: pause = min(pause * 2, Self.longestPause)
            case nil: break
            }
        }
    }

    private static func wait(for wakes: AsyncStream<Void>, seconds: Double) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in wakes { return } }
            group.addTask { try? await Task.sleep(for: .seconds(seconds)) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Sends the oldest spans. Answers whether the collector took them; nil if none wait.
    private func sendBatch() async -> Bool? {
        let spans = state.withLock { state in
            let spans = Array(state.waiting.prefix(configuration.batch))
            state.waiting.removeFirst(spans.count)
            return spans
        }
        guard !spans.isEmpty else { return nil }
        var writer = JSONWriter(capacity: spans.count * 512)
        OTLPRequest(service: configuration.service, version: configuration.version, spans: spans)
            .write(to: &writer)
        let request = HTTPClientRequest(
            method: "POST", url: url, headers: ["Content-Type": "application/json"],
            body: .bytes(writer.bytes), timeout: .seconds(configuration.timeoutSeconds))
        // A task of its own: a stop must not cut a request off that is under way.
        let fault = await Task { await send(request) }.value
        state.withLock { state in
            if fault == nil { state.counts.sent += spans.count } else { state.counts.dropped += spans.count }
        }
        if let fault {
            note(Note("\(spans.count) spans could not be sent and are dropped: \(fault)", level: .warning))
        }
        return fault == nil
    }

    /// Sends a request; answers why it was in vain, or nil.
    private func send(_ request: HTTPClientRequest) async -> String? {
        do {
            let response = try await http.send(request, maxBytes: 1 << 20)
            return response.isSuccess ? nil : "the collector answered with status \(response.status)"
        } catch {
            return error.message
        }
    }
}
