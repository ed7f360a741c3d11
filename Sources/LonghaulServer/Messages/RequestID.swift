import LonghaulCore
import LonghaulEngine
import LonghaulHTTP

/// The ID of a request, for the header `X-Request-Id` and for the log.
enum RequestID {
    private static let field = "X-Request-Id"

    /// The ID of the request that the current task answers; empty outside of a request.
    @TaskLocal static var current = ""

    /// The ID that the client has sent if it is short and printable, else a new one.
    static func of(_ request: HTTPRequest, _ engine: Engine) -> String {
        if let given = request.headers[field], (1...128).contains(given.utf8.count),
            given.utf8.allSatisfy({ $0 > 32 && $0 < 127 })
        {
            return given
        }
        return new(engine)
    }

    /// A new ID.
    static func new(_ engine: Engine) -> String { engine.newIdentifier().description }

    /// Adds the ID to an answer.
    static func add(_ id: String, to headers: inout HTTPHeaders) {
        headers.add(field, id)
    }
}
