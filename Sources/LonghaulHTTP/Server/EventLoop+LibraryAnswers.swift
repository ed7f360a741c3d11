import CMicroHTTPD
import LonghaulPlatform

extension EventLoop {
    /// The maximum number of connections to search for the refused one.
    private static let maxCandidates = 256

    /// Answers before the library refuses a request with an HTML page. The page is lost, because the sending side is closed.
    ///
    /// The library does not report which request it refuses. It is one with a complete head that has reached no handler, or
    /// else the only one with an incomplete head whose bytes were just read. If it is ambiguous, the library sends its
    /// page. In every case the connection closes. A Unix socket does not report when bytes were read, so there it is certain
    /// only if the loop has no other connection.
    func replaceLibraryAnswer(status: Int) {
        let waiting = connections.filter { $0.exchange?.hasBegun != true }
        if let refused = waiting.first(where: { longhaul_mhd_header_size($0.handle) > 0 }) {
            return answer(refused, status)
        }
        if connections.count == 1, let only = waiting.first { return answer(only, status) }
        guard waiting.count <= Self.maxCandidates else { return }
        let sinceLastTurn = Int64(Self.milliseconds() - turnBegan) + 20
        let fresh = waiting.filter { connection in
            let age = longhaul_socket_read_age(connection.socket)
            return age >= 0 && age <= sinceLastTurn
        }
        if let refused = fresh.first, fresh.count == 1 { answer(refused, status) }
    }

    private func answer(_ connection: Connection, _ status: Int) {
        let detail =
            switch status {
            case 505: "The HTTP version is not supported; use HTTP/1.1."
            case 414: "The request target is too long."
            case 431: "The header is too long."
            default: "The request is malformed: its request line, a header field or its Content-Length."
            }
        let fault = RequestFault(status: status, detail: detail)
        shared.configuration.counters.count(.malformed)
        connection.sendAndFinish(fault.response(shared.configuration), isHead: false)
        connection.exchange?.giveUp()
    }
}
