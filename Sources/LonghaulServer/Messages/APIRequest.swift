import LonghaulCore
import LonghaulHTTP
import LonghaulJSON

/// A request of the API. Reads and checks its parts.
struct APIRequest: Sendable {
    /// The maximum size of the body of an ordinary JSON call, in bytes.
    static let maxJSONBytes = 4 << 20

    let http: HTTPRequest
    let caller: Caller
    let parameters: HTTPParameters
    /// The maximum size of the body that the route declares, in bytes.
    let maxBodyBytes: Int

    init(_ http: HTTPRequest, by caller: Caller, _ parameters: HTTPParameters, maxBodyBytes: Int) {
        self.http = http
        self.caller = caller
        self.parameters = parameters
        self.maxBodyBytes = maxBodyBytes
    }

    /// The rights of the caller.
    var grant: KeyGrant { caller.grant }

    // MARK: Path

    /// A parameter of the path.
    func parameter(_ name: String) -> String {
        parameters[name]
    }

    /// The job that the path names.
    ///
    /// - Throws: `not_found` if the text is not a job ID.
    func jobID() throws(LonghaulError) -> JobID {
        let text = parameter("id")
        guard let id = JobID(text) else {
            throw LonghaulError(.notFound, "there is no job \"\(text.prefix(80))\"")
        }
        return id
    }

    /// The lease token in the path. An invalid text becomes the token of no lease.
    var token: LeaseToken { LeaseToken(parameter("token")) ?? .unknown }

    // MARK: Body

    /// The body as a JSON object of the given type.
    func decode<Body: JSONReadable>(_ type: Body.Type) async throws -> Body {
        try Body.decode(try await json())
    }

    /// The bytes of a body that must be JSON.
    func json() async throws -> [UInt8] {
        try await json(upTo: maxBodyBytes)
    }

    private func json(upTo limit: Int) async throws -> [UInt8] {
        if let type = http.headers["Content-Type"], !Self.isJSON(type) {
            throw LonghaulError(
                .unsupportedMediaType, "the body must be application/json, not \(type.prefix(80))")
        }
        return try await body(upTo: limit)
    }

    /// The body as any JSON value; `null` for an empty body.
    func value() async throws -> JSONText {
        let bytes = try await json()
        return bytes.isEmpty ? .null : try JSONText.decode(body: bytes)
    }

    /// The bytes of a body of any type.
    func body(upTo limit: Int) async throws -> [UInt8] {
        do {
            return try await http.body.collect(upTo: limit)
        } catch HTTPBodyError.serverBusy {
            throw LonghaulError(
                .systemBusy, "the request bodies in memory have reached their maximum size",
                retryAfterSeconds: 1)
        } catch HTTPBodyError.tooLarge {
            throw LonghaulError(.payloadTooLarge, "the body has more than \(limit) bytes")
        }
    }

    /// Refuses a body for a call that takes none. Accepts an empty JSON object, which many clients send.
    func expectNoBody() async throws {
        let bytes = try await json(upTo: 1024)
        if bytes.isEmpty { return }
        _ = try Nothing.decode(bytes)
    }

    private struct Nothing: JSONReadable {
        static func read(_ reader: inout JSONObjectReader) -> Nothing {
            reader.finish()
            return Nothing()
        }
    }

    private static func isJSON(_ type: String) -> Bool {
        let essence = type.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
        return essence == "application/json" || essence.hasSuffix("+json")
    }

    // MARK: Query

    /// Refuses unknown query parameters, so that a mistyped filter does not select all items.
    private func allow(_ names: [String]) throws(LonghaulError) {
        let faults = http.query.names.filter { !names.contains($0) }.map { name in
            let guess = nearestName(to: name, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
            return JSONFault(
                pointer: JSONPointer.root.appending(name), message: "unknown query parameter" + guess)
        }
        if !faults.isEmpty { throw .invalid(faults) }
    }

    /// Refuses a query with a parameter that the route does not declare, or with a value that the parameter's schema
    /// excludes. ``APIRouter`` calls it before the handler of each route of the API.
    func check(_ parameters: [QueryParameter]) throws(LonghaulError) {
        try allow(parameters.map(\.name))
        for parameter in parameters {
            let values = http.query.all(parameter.name)
            if values.count > 1, !parameter.schema.isList {
                throw Self.fault(parameter.name, "is given \(values.count) times; give it once")
            }
            for value in values {
                guard let expected = parameter.schema.expectation(of: value) else { continue }
                throw Self.fault(parameter.name, "expected \(expected)")
            }
        }
    }

    /// An integer parameter; nil if it is absent. ``check(_:)`` has checked its range.
    func integer(_ name: String) -> Int? {
        http.query.first(name).flatMap { Int($0) }
    }

    /// A number parameter; nil if it is absent. ``check(_:)`` has checked its range.
    func number(_ name: String) -> Double? {
        http.query.first(name).flatMap { Double($0) }
    }

    /// A boolean parameter; nil if it is absent.
    func flag(_ name: String) -> Bool? {
        http.query.first(name).flatMap { Bool($0) }
    }

    /// A text parameter parsed by `read`, such as a cursor or a time; nil if it is absent.
    ///
    /// - Throws: `invalid_request` if `read` returns nil.
    func query<Value>(
        _ name: String, _ expected: String, _ read: (String) -> Value?
    ) throws(LonghaulError) -> Value? {
        guard let text = http.query.first(name) else { return nil }
        guard let value = read(text) else { throw Self.fault(name, "expected \(expected)") }
        return value
    }

    static func fault(_ name: String, _ message: String) -> LonghaulError {
        .invalid(JSONPointer.root.appending(name), message)
    }

    /// The maximum number of items of a page.
    func limit() -> Int { integer("limit") ?? 50 }

    /// The maximum time to hold the answer, in seconds, from `wait_seconds` or `Prefer: wait=N`; nil if neither is given.
    func waitSeconds() -> Double? { number("wait_seconds") ?? preferredWait }

    /// `Prefer: wait=N` (RFC 7240). A larger value is reduced to the maximum.
    private var preferredWait: Double? {
        for value in http.headers.values("Prefer") {
            for preference in value.split(separator: ",") {
                let parts = preference.filter { $0 != " " && $0 != "\"" }.split(separator: "=")
                guard parts.count == 2, parts[0].lowercased() == "wait", let seconds = Double(parts[1]) else {
                    continue
                }
                return min(max(0, seconds), FieldBounds.waitSeconds.upperBound)
            }
        }
        return nil
    }

    /// The W3C trace context of the request, if it is well formed.
    var traceparent: String? {
        http.headers["traceparent"].flatMap { TraceContext(traceparent: $0) == nil ? nil : $0 }
    }
}
