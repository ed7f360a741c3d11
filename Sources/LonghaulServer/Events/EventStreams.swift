import LonghaulCore
import LonghaulEngine
import Synchronization

/// Counts and limits open event streams.
final class EventStreams: Sendable {
    /// The slot of one stream. It is freed with the last reference.
    final class Slot: Sendable {
        private let owner: EventStreams
        private let client: String

        fileprivate init(_ owner: EventStreams, client: String) {
            self.owner = owner
            self.client = client
        }

        deinit {
            owner.close(client)
        }
    }

    private struct State {
        var open = 0
        var byClient: [String: Int] = [:]
        var refusedInAll = 0
        var refusedOfClient = 0
        var resyncs = 0
    }

    private let state = Mutex(State())
    private let limits: EventStreamLimits

    init(limits: EventStreamLimits) {
        self.limits = limits
    }

    /// Reserves a slot for a stream of this client address.
    ///
    /// - Throws: `system_busy` if no slot is free.
    func open(for address: String?) throws(LonghaulError) -> Slot {
        let client = address ?? ""
        let problem: String? = state.withLock { state in
            if state.open >= limits.maxStreams {
                state.refusedInAll += 1
                return "The server has \(state.open) event streams open, the maximum (max_event_streams)."
            }
            let own = state.byClient[client] ?? 0
            if own >= limits.maxStreamsPerClient {
                state.refusedOfClient += 1
                return "This address has \(own) event streams open, the maximum of one client "
                    + "(max_event_streams_per_client)."
            }
            state.open += 1
            state.byClient[client] = own + 1
            return nil
        }
        if let problem {
            throw LonghaulError(.systemBusy, problem + " Close one, or poll instead.", retryAfterSeconds: 10)
        }
        return Slot(self, client: client)
    }

    private func close(_ client: String) {
        state.withLock { state in
            state.open -= 1
            let left = (state.byClient[client] ?? 1) - 1
            state.byClient[client] = left > 0 ? left : nil
        }
    }

    /// Counts a resync event.
    func countResync() {
        state.withLock { $0.resyncs += 1 }
    }

    /// Writes the metrics.
    func write(to text: inout PrometheusText) {
        let state = state.withLock { $0 }
        text.begin("longhaul_event_streams", .gauge, "Event streams that are open.")
        text.value(state.open, [])
        text.begin(
            "longhaul_event_streams_refused_total", .counter, "Event streams refused, by the exceeded limit.")
        text.value(state.refusedInAll, [("limit", "total")])
        text.value(state.refusedOfClient, [("limit", "client")])
        text.begin(
            "longhaul_event_stream_resyncs_total", .counter,
            "Resync events sent to streams that had missed changes.")
        text.value(state.resyncs, [])
    }
}

/// The limits of open event streams.
public struct EventStreamLimits: Sendable {
    /// The maximum number of streams.
    public var maxStreams = 2000
    /// The maximum number of streams of one client address.
    public var maxStreamsPerClient = 1000

    /// The defaults.
    public init() {}
}
