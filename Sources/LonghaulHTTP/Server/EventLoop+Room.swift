import CMicroHTTPD
import LonghaulPlatform

extension EventLoop {
    /// The sample size of the search for the longest idle connection.
    private static let evictionSample = 64

    /// Counts a new connection of an address, and whether to accept it. One beyond a limit replaces an idle connection.
    func makeRoom(for address: String) -> Bool {
        releaseReservation()
        let surplus = shared.connections.add(address)
        var missing = 0
        if surplus.ofAddress > 0 {
            missing += surplus.ofAddress - evictIdle(surplus.ofAddress) { $0.address == address }
        }
        let others = surplus.ofServer - surplus.ofAddress
        if others > 0 { missing += others - evictIdle(others) { _ in true } }
        if let grade = shared.connections.grade(address, hasReplaced: missing == 0) {
            reservation = (address, grade)
            return true
        }
        shared.connections.remove(address)
        shared.configuration.counters.count(.connections)
        return false
    }

    /// Gives a connection that has started the place that ``makeRoom(for:)`` counted for it.
    func takeReservation() -> HTTPConnectionClass {
        defer { reservation = nil }
        return reservation?.grade ?? .lastReserve
    }

    /// Frees the place of an accepted connection that the library could not start.
    func releaseReservation() {
        guard let reservation else { return }
        self.reservation = nil
        shared.connections.remove(reservation.address)
    }

    /// Closes up to `number` idle connections of this loop: those of a sample that have been idle longest. Returns how many.
    private func evictIdle(_ number: Int, where isMeant: (Connection) -> Bool) -> Int {
        var found: [Connection] = []
        let count = connections.count
        for step in 0..<count where found.count < max(number, Self.evictionSample) {
            let connection = connections[(evictionCursor + step) % count]
            if connection.isIdle, isMeant(connection), !connection.hasUnreadBytes { found.append(connection) }
        }
        evictionCursor = found.last?.index ?? evictionCursor
        let evicted = found.sorted { $0.idleOrder < $1.idleOrder }.prefix(number)
        for connection in evicted {
            connection.isEvicted = true
            connection.cut()
            shared.connections.remove(connection.address ?? "")
            shared.configuration.counters.countEvicted()
        }
        return evicted.count
    }
}
