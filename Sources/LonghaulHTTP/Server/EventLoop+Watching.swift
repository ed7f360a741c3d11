import CMicroHTTPD
import LonghaulPlatform

/// The watch for clients that disconnect while their requests wait for a handler.
extension EventLoop {
    /// How long a request waits for its handler before the loop watches whether the client disconnects, in milliseconds. Most
    /// requests are answered before.
    static let watchAfter: UInt64 = 10

    /// Records that a request waits for its handler.
    func waits(_ exchange: Exchange) {
        waiting.append(exchange)
    }

    /// Watches the clients of the requests that have waited for a while. A worker that is killed while it waits for a job must
    /// not get the next one.
    func watchClients() {
        guard let first = waiting.first, now >= first.suspendedAt + Self.watchAfter else { return }
        let due = waiting.prefix { now >= $0.suspendedAt + Self.watchAfter }
        for exchange in due where exchange.waitsForHandler {
            if let connection = exchange.connection, !connection.isArmed { arm(connection) }
        }
        waiting.removeFirst(due.count)
    }

    private func arm(_ connection: Connection) {
        var event = epoll_event()
        event.events = EPOLLRDHUP.rawValue | EPOLLONESHOT.rawValue
        event.data.ptr = Unmanaged.passUnretained(connection).toOpaque()
        let operation = connection.isWatched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD
        guard epoll_ctl(watch, operation, connection.socket, &event) == 0 else { return }
        connection.isWatched = true
        connection.isArmed = true
    }

    /// Cancels the requests of disconnected clients. ``remove(_:)`` removes the sockets of closed connections from the
    /// descriptor, so that each connection in an event still exists.
    func noticeEnds() {
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        let count = epoll_wait(watch, &events, Int32(events.count), 0)
        for event in events.prefix(Int(max(count, 0))) {
            guard let pointer = event.data.ptr else { continue }
            let connection = Unmanaged<Connection>.fromOpaque(pointer).takeUnretainedValue()
            connection.isArmed = false
            if let exchange = connection.exchange, exchange.waitsForHandler { exchange.abort() }
        }
    }
}
