import Synchronization

/// The class of a connection. Connections beyond the limits are accepted for the requests that keep the system running.
public enum HTTPConnectionClass: Sendable {
    /// Within the limits, for all requests.
    case ordinary
    /// Beyond a limit, for requests that must not fail, such as health checks and heartbeats of workers.
    case reserved
    /// Far beyond a limit, for health checks only.
    case lastReserve
}

/// Counts the connections of a server, in total and by client address.
final class ConnectionCounter: Sendable {
    private struct State {
        var total = 0
        var byAddress: [String: Int] = [:]
    }

    private let state = Mutex(State())
    private let limit: Int
    private let limitPerAddress: Int
    private let counters: HTTPServerCounters
    /// The connections beyond the limits that are accepted as ``HTTPConnectionClass/reserved``, and those
    /// beyond that are accepted as ``HTTPConnectionClass/lastReserve``.
    private let reserve: Int
    private static let lastReserve = 64

    init(_ configuration: HTTPServerConfiguration) {
        limit = max(configuration.maxConnections, 1)
        limitPerAddress = max(min(configuration.maxConnectionsPerAddress, limit), 1)
        reserve = limit / 8 + 8
        counters = configuration.counters
    }

    /// The maximum number of open connections.
    var most: Int { limit + reserve + Self.lastReserve }

    /// The number of connections that must close before one more of an address is within the limits: of that address, and of
    /// any.
    func surplus(_ address: String) -> (ofAddress: Int, ofServer: Int) {
        state.withLock { state in
            let ofAddress = max(0, state.byAddress[address, default: 0] + 1 - limitPerAddress)
            return (ofAddress, max(0, state.total + 1 - limit))
        }
    }

    /// Whether one more connection of an address can be accepted in any class.
    func hasRoom(_ address: String) -> Bool {
        state.withLock { overrun($0, address) < reserve + Self.lastReserve }
    }

    /// Counts one more connection and returns its class.
    func add(_ address: String) -> HTTPConnectionClass {
        counters.countOpen(1)
        return state.withLock { state in
            state.total += 1
            state.byAddress[address, default: 0] += 1
            let overrun = overrun(state, address)
            return overrun <= 0 ? .ordinary : overrun <= reserve ? .reserved : .lastReserve
        }
    }

    func remove(_ address: String) {
        counters.countOpen(-1)
        state.withLock { state in
            state.total -= 1
            let left = state.byAddress[address, default: 0] - 1
            state.byAddress[address] = left > 0 ? left : nil
        }
    }

    /// The number of connections above the limit; negative if there is room.
    private func overrun(_ state: State, _ address: String) -> Int {
        max(state.total - limit, state.byAddress[address, default: 0] - limitPerAddress)
    }
}
