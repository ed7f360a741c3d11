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
    /// The number of connections above the limits.
    struct Surplus: Equatable {
        var ofAddress: Int
        var ofServer: Int
    }

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

    /// Counts one more connection, before it has a class: two loops that accept at the same time each see the other's.
    /// Returns the number of connections that must close for all to be within the limits: of that address, and of any.
    func add(_ address: String) -> Surplus {
        counters.countOpen(1)
        return state.withLock { state in
            state.total += 1
            state.byAddress[address, default: 0] += 1
            return Surplus(
                ofAddress: max(0, state.byAddress[address, default: 0] - limitPerAddress),
                ofServer: max(0, state.total - limit))
        }
    }

    /// The class of a counted connection; nil if no class has room for it.
    ///
    /// - Parameter hasReplaced: whether the loop has closed all connections beyond the limits for it. Then it is within the
    ///   limits, even if another loop accepts a connection at the same time: that loop makes room for its own connection.
    func grade(_ address: String, hasReplaced: Bool) -> HTTPConnectionClass? {
        if hasReplaced { return .ordinary }
        let overrun = state.withLock { self.overrun($0, address) }
        if overrun <= 0 { return .ordinary }
        if overrun <= reserve { return .reserved }
        return overrun <= reserve + Self.lastReserve ? .lastReserve : nil
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
