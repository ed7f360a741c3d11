import CMicroHTTPD
import LonghaulPlatform

/// A listening socket of an event loop.
struct ListeningSocket {
    let descriptor: Int32
    /// Whether it is a Unix socket.
    let isLocal: Bool
}

/// The listening sockets of an endpoint, one for each event loop.
struct Listener {
    let address: HTTPAddress
    let sockets: [ListeningSocket]
    /// The file of a Unix socket, to remove at the stop.
    let file: UnixSocketFile?

    /// Opens all endpoints of a configuration, or none.
    ///
    /// - Throws: ``HTTPServerError`` naming the endpoint.
    static func open(_ configuration: HTTPServerConfiguration) throws(HTTPServerError) -> [Listener] {
        var listeners: [Listener] = []
        do {
            for endpoint in configuration.endpoints {
                listeners.append(try open(endpoint, configuration))
            }
        } catch {
            for listener in listeners { listener.close() }
            throw error
        }
        guard listeners.isEmpty else { return listeners }
        throw HTTPServerError(code: .badAddress, detail: "The server has no address to listen on")
    }

    private static func open(
        _ endpoint: HTTPEndpoint, _ configuration: HTTPServerConfiguration
    ) throws(HTTPServerError) -> Listener {
        let count = max(configuration.threads, 1)
        switch endpoint {
        case .tcp(let host, let port):
            let (descriptors, port) = try TCPSocket.open(
                host: host, port: port, count: count, loopbackOnly: configuration.loopbackOnly)
            return Listener(
                address: HTTPAddress(host: host, port: port, isSecure: configuration.tls != nil),
                sockets: descriptors.map { ListeningSocket(descriptor: $0, isLocal: false) }, file: nil)
        case .unix(let path, let mode):
            let (descriptors, file) = try UnixSocketFile.open(path, mode: mode, count: count)
            return Listener(
                address: HTTPAddress(socketPath: path),
                sockets: descriptors.map { ListeningSocket(descriptor: $0, isLocal: true) }, file: file)
        }
    }

    /// Closes the sockets before an event loop has taken them, and removes the file.
    private func close() {
        for socket in sockets { LonghaulPlatform.close(socket.descriptor) }
        file?.remove()
    }
}
