import LonghaulCore
import LonghaulEngine
import Synchronization

/// Counts the event streams that are open, and refuses more than the limits allow.
final class EventStreams: Sendable {
    /// The place of one stream. It is given back when the last reference to it goes.
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

    /// Takes a place for a stream of this client address.
    ///
    /// - Throws: `system_busy` if there is none.
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

    /// Records that a stream had missed changes and was sent a resync event.
    func countResync() {
        state.withLock { $0.resyncs += 1 }
    }

    /// Writes the metrics.
    func write(to text: inout PrometheusText) {
        let state = state.withLock { $0 }
        text.begin("longhaul_event_streams", .gauge, "Event streams that are open.")
        text.value(state.open, [])
        text.begin(
            "longhaul_event_streams_refused_total", .counter, "Event streams refused, by the limit they met.")
        text.value(state.refusedInAll, [("limit", "total")])
        text.value(state.refusedOfClient, [("limit", "client")])
        text.begin(
            "longhaul_event_stream_resyncs_total", .counter,
            "How often a stream had missed changes and was sent a resync event.")
        text.value(state.resyncs, [])
    }
}

/// How many event streams may be open.
public struct EventStreamLimits: Sendable {
    /// In all.
    public var maxStreams = 2000
    /// Of one client address.
    public var maxStreamsPerClient = 1000

    /// The defaults.
    public init() {}
}
