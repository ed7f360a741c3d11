import Foundation
import LonghaulCore
import LonghaulHTTP
import LonghaulTestSupport

/// A server of the built binary with its own store and artifacts.
final class TestServer: Sendable {
    let folder: TemporaryFolder
    let process: LonghaulProcess
    let address: String
    let http: HTTPClient

    /// Starts `longhaul serve`, or another serving command, on a free port.
    ///
    /// - Parameters:
    ///   - trust: the authorities that ``http`` trusts.
    ///   - database: the URL of a PostgreSQL database in place of that of the shared server.
    ///   - artifacts: the URL of the artifact store in place of that of the pair.
    ///   - environment: further variables of the process.
    ///   - launcher: a command that prepares the environment and then becomes the server.
    init(
        _ command: String = "serve", in folder: TemporaryFolder? = nil, database: String? = nil,
        artifacts: String? = nil, environment: [String: String] = [:], _ more: [String] = [],
        launcher: [String] = [], trust: HTTPClientConfiguration.Trust = .system
    ) async throws {
        let folder = try folder ?? TemporaryFolder()
        self.folder = folder
        let words =
            try launcher + [LonghaulProcess.binary, command, "--listen", "127.0.0.1:0"]
            + Pair.current.options(folder, database: database, artifacts: artifacts) + more
        process = try LonghaulProcess(
            Array(words.dropFirst()), environment: environment, folder: folder.path, executable: words[0])
        address = try await process.address()
        http = HTTPClient(configuration: HTTPClientConfiguration(trust: trust))
    }

    /// One call of the API.
    func call(
        _ method: String, _ path: String, _ json: String? = nil, headers: HTTPHeaders = [:]
    ) async throws -> Answer {
        var headers = headers
        if json != nil, headers["Content-Type"] == nil { headers["Content-Type"] = "application/json" }
        let body: HTTPClientRequest.Body = json.map { .bytes(Array($0.utf8)) } ?? .none
        let response = try await http.send(
            HTTPClientRequest(
                method: method, url: address + path, headers: headers, body: body, timeout: .seconds(90)))
        return Answer(response)
    }

    /// Waits until the server reports that it is ready. On a busy machine, a component may answer the first check too
    /// late.
    func becomesReady() async throws {
        try await eventually("the server is ready: \(process.errorText)") {
            try await call("GET", "/readyz").status == 200
        }
    }

    /// Submits a job and returns its ID.
    func submit(_ json: String) async throws -> String {
        let answer = try await call("POST", "/v1/jobs", json)
        guard answer.status == 202 else { throw TestFailure("\(answer)") }
        return try answer.string("id")
    }

    /// Leases one job of the queue. Returns its token and the lease.
    func lease(
        queue: String = "default", seconds: Double = 30, wait: Double = 0, worker: String = "w1"
    ) async throws -> (token: String, lease: JSONValue)? {
        let answer = try await call(
            "POST", "/v1/leases",
            """
            {"worker": {"id": "\(worker)"}, "queues": ["\(queue)"], "lease_seconds": \(seconds), \
            "wait_seconds": \(wait)}
            """)
        guard let lease = try answer.array("leases").first else { return nil }
        return (try lease.string("token"), lease)
    }
}

/// An answer of the API.
struct Answer: JSONContent {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]

    init(_ response: HTTPClientResponse) {
        status = response.status
        headers = response.headers
        body = response.body
    }

    /// The body; null if it is not JSON.
    var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }

    /// The code of a problem.
    var code: String? { try? string("code") }

    /// The pointers of a problem's errors.
    var pointers: [String] { (try? strings("errors.*.pointer")) ?? [] }

    var description: String { "\(status) \(String(decoding: body, as: UTF8.self))" }
}
