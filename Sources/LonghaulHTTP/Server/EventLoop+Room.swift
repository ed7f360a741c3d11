import CMicroHTTPD
import Glibc

extension EventLoop {
    /// The sample size of the search for the longest idle connection.
    private static let evictionSample = 64

    /// Whether to accept a connection of an address. A connection beyond a limit replaces an idle one.
    func makeRoom(for address: String) -> Bool {
        let surplus = shared.connections.surplus(address)
        if surplus.ofAddress > 0 { evictIdle(surplus.ofAddress) { $0.address == address } }
        if surplus.ofServer > surplus.ofAddress {
            evictIdle(surplus.ofServer - surplus.ofAddress) { _ in true }
        }
        if shared.connections.hasRoom(address) { return true }
        shared.configuration.counters.count(.connections)
        return false
    }

    /// Closes up to `count` idle connections of this loop: those of a sample that have been idle longest.
    private func evictIdle(_ number: Int, where isMeant: (Connection) -> Bool) {
        var found: [Connection] = []
        let count = connections.count
        for step in 0..<count where found.count < max(number, Self.evictionSample) {
            let connection = connections[(evictionCursor + step) % count]
            if connection.isIdle, isMeant(connection), !connection.hasUnreadBytes { found.append(connection) }
        }
        evictionCursor = found.last?.index ?? evictionCursor
        for connection in found.sorted(by: { $0.idleSince < $1.idleSince }).prefix(number) {
            connection.isEvicted = true
            connection.cut()
            shared.connections.remove(connection.address ?? "")
            shared.configuration.counters.countEvicted()
        }
    }
}
