import Foundation
import LonghaulAWS
import LonghaulCore
import LonghaulHTTP
import LonghaulJSON
import LonghaulTestServers
import LonghaulTestSupport

@testable import LonghaulS3

/// A store on the shared server, with a prefix of its own.
struct Fixture: Sendable {
    /// A request that arrived at the server.
    struct Request: Sendable {
        let method: String
        let path: String
        let query: [String: String]
        let headers: [String: String]
        let bytes: Int
    }

    let server: AWSServer
    let prefix: String
    let store: S3ArtifactStore
    let http = HTTPClient()
    let attempt = ArtifactFolder(jobID: JobID(high: 1, low: 1), fence: 1)

    init(_ more: String = "", options: S3ArtifactStore.Options = S3ArtifactStore.Options()) async throws {
        let server = try AWSServer.shared.get()
        let prefix = "t" + UUID().uuidString.lowercased().prefix(8)
        self.server = server
        self.prefix = prefix
        store = try await Self.open(server.artifacts(prefix: prefix, more), options: options)
    }

    static func open(
        _ url: String, _ variables: [String: String] = AWSServer.credentials,
        options: S3ArtifactStore.Options = S3ArtifactStore.Options()
    ) async throws -> S3ArtifactStore {
        let basis = ["HOME": "/nowhere", "AWS_EC2_METADATA_DISABLED": "true"]
        return try await S3ArtifactStore.open(
            S3Address(url), environment: AWSEnvironment(basis.merging(variables) { $1 }), options: options)
    }

    /// Small parts, so that tests need few bytes. S3 itself has a minimum of 5 MiB.
    static var smallParts: S3ArtifactStore.Options {
        var options = S3ArtifactStore.Options()
        options.partBytes = 5 << 20
        return options
    }

    /// Writes a file of this length, whose bytes depend on `seed`.
    @discardableResult
    func put(_ name: String, count: Int, seed: UInt8 = 0) async throws -> StoredFile {
        var rest = Self.bytes(count, seed: seed)[...]
        return try await store.put(attempt, name: name, maxBytes: 1 << 30) {
            let piece = rest.prefix(200_000)
            rest = rest.dropFirst(200_000)
            return piece.isEmpty ? nil : Array(piece)
        }
    }

    static func bytes(_ count: Int, seed: UInt8 = 0) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        // In blocks of a length that divides no part, because a loop over bytes is slow without optimization.
        var value = seed
        while bytes.count < count {
            bytes += repeatElement(value, count: min(4099, count - bytes.count))
            value &+= 1
        }
        return bytes
    }

    /// The content of a location, read by anyone who has it.
    func read(_ location: ArtifactLocation) async throws -> [UInt8] {
        switch location {
        case .file: throw TestFailure("the file is not on this machine")
        case .url(let url):
            let response = try await http.send(HTTPClientRequest(url: url), maxBytes: 1 << 30)
            guard response.status == 200 else { throw TestFailure("the status is \(response.status)") }
            return response.body
        case .content(let content):
            if let url = try await content.url(contentType: "text/plain") { return try await read(.url(url)) }
            var bytes: [UInt8] = []
            let next = try await content.open(0..<content.sizeBytes)
            while let piece = try await next() { bytes += piece }
            return bytes
        }
    }

    func contents(_ name: String) async throws -> [UInt8] {
        try await read(try await store.locate(attempt, name: name))
    }

    /// Plans failures of requests whose path or query has the prefix of this test.
    ///
    /// - Parameter faults: objects in JSON, with `PREFIX` in place of the prefix.
    func plan(_ faults: String) async throws {
        let body = "[" + faults.replacing("PREFIX", with: prefix) + "]"
        let response = try await http.send(
            HTTPClientRequest(method: "POST", url: server.url + "/_faults", body: .bytes(Array(body.utf8))))
        guard response.status == 200 else { throw TestFailure("the faults are not planned") }
    }

    /// Makes the unfinished uploads of this test older.
    func makeUploadsOlder(seconds: Int) async throws {
        let body = "{\"key\": \"\(prefix)\", \"seconds\": \(seconds)}"
        _ = try await http.send(
            HTTPClientRequest(method: "POST", url: server.url + "/_age", body: .bytes(Array(body.utf8))))
    }

    /// The requests of this test that arrived at the server.
    func requests(_ match: String = "") async throws -> [Request] {
        let response = try await http.send(
            HTTPClientRequest(url: server.url + "/_requests?match=" + prefix + AWSEncoding.encode(match)))
        return try JSONDocument(parsing: response.body).root.elements.map { node in
            func texts(_ name: String) -> [String: String] {
                Dictionary(
                    (node[name]?.members ?? []).map { ($0.key, $0.value.string ?? "") },
                    uniquingKeysWith: { $1 })
            }
            return Request(
                method: node["method"]?.string ?? "", path: node["path"]?.string ?? "", query: texts("query"),
                headers: texts("headers"), bytes: Int(node["bytes"]?.int ?? 0))
        }
    }

    /// The keys and IDs of the unfinished uploads of this test.
    func unfinishedUploads() async throws -> [S3Bucket.Upload] {
        var all: [S3Bucket.Upload] = []
        try await store.bucket.forEachUploadPage(prefix) { all += $0 }
        return all
    }

    /// Starts an upload as a process does that dies before its end.
    @discardableResult
    func leaveUpload(_ name: String, _ folder: ArtifactFolder) async throws -> String {
        let key = store.keys.key(folder, name: name)
        let id = try await store.bucket.startUpload(key, mark: "m")
        _ = try await store.bucket.uploadPart(key, upload: id, number: 1, [1, 2, 3])
        return id
    }
}
