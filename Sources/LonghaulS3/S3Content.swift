import LonghaulAWS
import LonghaulCore
import LonghaulHTTP
import Synchronization

/// An object that the server reads for its callers.
struct S3Content: ArtifactContent {
    let bucket: S3Bucket
    let key: String
    /// The name of the artifact.
    let name: String
    let object: S3Bucket.Object
    let time: any TimeSource
    /// How long a URL is valid; nil if callers get no URL.
    let urlSeconds: Int?

    var sizeBytes: Int64 { object.sizeBytes }

    func open(_ range: Range<Int64>) async throws -> @Sendable () async throws -> [UInt8]? {
        guard !range.isEmpty else { return { nil } }
        let reader = S3Reader(self, range)
        // The first request shows whether the object can be read.
        try await reader.connect()
        return { try await reader.next() }
    }

    func url(contentType: String) async throws -> String? {
        guard let urlSeconds else { return nil }
        do throws(AWSError) {
            return try await bucket.readURL(
                key, contentType: contentType,
                disposition: "inline; filename*=UTF-8''" + AWSEncoding.encode(name),
                expiresSeconds: urlSeconds)
        } catch {
            throw error.asUnavailable
        }
    }
}

/// Reads a part of an object. A connection that ends too soon is replaced by a request for the rest. One task uses it.
private final class S3Reader: Sendable {
    /// The maximum number of connections without a byte between them.
    private static let maxFailures = 5
    private static let pauseSeconds = 0.2

    private struct State {
        var rest: Range<Int64>
        var body: HTTPClientBody.Iterator?
        var failures = 0
    }

    private let content: S3Content
    /// Only the reading task uses it. The lock is never held during a call.
    private let state: Mutex<State>

    init(_ content: S3Content, _ range: Range<Int64>) {
        self.content = content
        state = Mutex(State(rest: range))
    }

    func connect() async throws {
        let rest = state.withLock(\.rest)
        do throws(AWSError) {
            let stream = try await content.bucket.get(content.key, range: rest, tag: content.object.tag)
            state.withLock { $0.body = stream.body.makeAsyncIterator() }
        } catch {
            throw error.code == "PreconditionFailed"
                ? LonghaulError(.unavailable, "the artifact's file was replaced while it was read")
                : error.kind == .missing
                    ? LonghaulError(.notFound, "the artifact's file does not exist") : error.asUnavailable
        }
    }

    func next() async throws -> [UInt8]? {
        while true {
            if state.withLock(\.rest.isEmpty) { return nil }
            if state.withLock({ $0.body == nil }) { try await connect() }
            if let bytes = try await read() { return bytes }
        }
    }

    /// The next bytes; nil after a connection that ended too soon.
    private func read() async throws -> [UInt8]? {
        guard var body = state.withLock(\.body) else { return nil }
        var failure = HTTPClientError(.connectionLost, "S3 returned fewer bytes than requested")
        var received: [UInt8]?
        do throws(HTTPClientError) {
            received = try await body.next(isolation: nil)
        } catch {
            failure = error
        }
        if let received { return try take(received) }
        let failures = state.withLock { state in
            state.body = nil
            state.failures += 1
            return state.failures
        }
        guard failure.isTransient, failures <= Self.maxFailures else {
            throw LonghaulError(
                .unavailable, "the artifact cannot be read: \(failure.message)", retryAfterSeconds: 1)
        }
        try await content.time.sleep(seconds: Self.pauseSeconds * Double(failures))
        return nil
    }

    private func take(_ bytes: [UInt8]) throws -> [UInt8] {
        let isExpected = state.withLock { state in
            guard bytes.count <= state.rest.count else { return false }
            state.rest = (state.rest.lowerBound + Int64(bytes.count))..<state.rest.upperBound
            state.failures = 0
            return true
        }
        guard isExpected else { throw LonghaulError(.unavailable, "S3 returned more bytes than requested") }
        return bytes
    }
}
