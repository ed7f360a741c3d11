import LonghaulConcurrency
public import LonghaulCore
public import LonghaulHTTP
import Synchronization

/// Sends signed requests to one service, and sends them again after transient errors.
public final class AWSClient: Sendable {
    /// The endpoint of the service.
    public let endpoint: AWSEndpoint
    private let signer: AWSSigner
    private let credentials: (any AWSCredentialProvider)?
    private let http: HTTPClient
    private let time: any TimeSource
    private let random: any RandomSource
    /// How far the clock of the service is ahead of the clock of this machine, in seconds.
    private let clockOffset = Mutex(0.0)

    /// A client of a service.
    ///
    /// - Parameter credentials: nil to send requests without a signature.
    public init(
        service: String, region: String, endpoint: AWSEndpoint, credentials: (any AWSCredentialProvider)?,
        http: HTTPClient, time: any TimeSource = SystemTime(), random: any RandomSource = SystemRandom()
    ) {
        self.endpoint = endpoint
        self.credentials = credentials
        self.http = http
        self.time = time
        self.random = random
        signer = AWSSigner(service: service, region: region)
    }

    /// Sends a request and returns the successful response.
    ///
    /// - Parameters:
    ///   - maxBytes: the maximum size of the response.
    ///   - check: finds an error in a response with a successful status, in which some actions report errors.
    /// - Throws: ``AWSError`` with the error of the last attempt; `CancellationError` is reported as `unavailable`.
    public func send(
        _ request: AWSRequest, maxBytes: Int = 8 << 20,
        check: (HTTPClientResponse) -> AWSError? = { _ in nil }
    ) async throws(AWSError) -> HTTPClientResponse {
        try await retrying(request) { signed throws(HTTPClientError) in
            try await self.http.send(signed, maxBytes: maxBytes)
        } judge: { response in
            response.isSuccess ? check(response) : AWSError(response, to: request)
        } date: {
            $0.headers["Date"]
        }
    }

    /// Sends a request and returns the successful response with a streamed body.
    ///
    /// - Throws: ``AWSError`` with the error of the last attempt.
    public func stream(_ request: AWSRequest) async throws(AWSError) -> HTTPClientStream {
        try await retrying(request) { signed throws(HTTPClientError) in
            var signed = signed
            signed.timeout = nil
            return try await self.http.stream(signed)
        } judge: { response in
            if response.isSuccess { return nil }
            let body = try? await response.body.collect(maxBytes: 64 * 1024)
            let whole = HTTPClientResponse(
                status: response.status, headers: response.headers, body: body ?? [])
            return AWSError(whole, to: request)
        } date: {
            $0.headers["Date"]
        }
    }

    /// A URL that allows anyone to send the request until it expires.
    public func presignedURL(of request: AWSRequest, expiresSeconds: Int) async throws(AWSError) -> String {
        guard let credentials else { throw AWSError(.credentials, "a presigned URL needs AWS credentials") }
        return signer.presignedURL(
            of: request, at: endpoint, credentials: try await credentials.credentials(), time: serviceTime,
            expiresSeconds: expiresSeconds)
    }

    /// The time of the service, as far as it is known.
    public var serviceTime: Timestamp { time.now().adding(seconds: clockOffset.withLock { $0 }) }
}

extension AWSClient {
    /// Sends a request until it succeeds, fails for good, or has no attempt left.
    private func retrying<Response>(
        _ request: AWSRequest, send: (HTTPClientRequest) async throws(HTTPClientError) -> Response,
        judge: (Response) async -> AWSError?, date: (Response) -> String?
    ) async throws(AWSError) -> Response {
        var policy = RetryPolicy(request)
        while true {
            let keys = try await credentials?.credentials()
            let signed = self.signed(request, keys)
            let error: AWSError
            do throws(HTTPClientError) {
                let response = try await send(signed)
                guard let failure = await judge(response) else { return response }
                error = failure
                learnTime(from: date(response), error)
            } catch {
                let failure = AWSError(error, to: request, at: endpoint.host)
                guard error.isTransient, request.isIdempotent || !error.mayHaveBeenSent else { throw failure }
                try await pause(&policy, after: failure)
                continue
            }
            if error.kind == .credentials, let keys { credentials?.discard(keys) }
            try await pause(&policy, after: error)
        }
    }

    /// Waits before the next attempt.
    ///
    /// - Throws: `error` if there is none.
    private func pause(_ policy: inout RetryPolicy, after error: AWSError) async throws(AWSError) {
        guard let seconds = policy.pause(after: error, random: random.fraction()),
            (try? await time.sleep(seconds: seconds)) != nil
        else { throw error }
    }

    private func signed(_ request: AWSRequest, _ keys: AWSCredentials?) -> HTTPClientRequest {
        var headers = request.headers
        if let keys {
            headers = signer.headers(of: request, at: endpoint, credentials: keys, time: serviceTime)
        }
        let hasBody = !request.body.isEmpty
        return HTTPClientRequest(
            method: request.method, url: signer.url(of: request, at: endpoint), headers: headers,
            body: hasBody ? .bytes(request.body) : .none, timeout: request.timeout,
            stallTimeout: request.stallTimeout, isIdempotent: request.isIdempotent)
    }

    /// Follows the clock of the service if it refuses a signature because of its time.
    private func learnTime(from date: String?, _ error: AWSError) {
        guard error.code == "RequestTimeTooSkewed" || error.code == "RequestExpired",
            let seconds = date.flatMap({ HTTPDate.seconds($0) })
        else { return }
        let offset = Double(seconds) - Double(time.now().milliseconds) / 1000
        clockOffset.withLock { $0 = offset }
    }
}
