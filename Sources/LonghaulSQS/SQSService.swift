public import LonghaulAWS
public import LonghaulCore
import LonghaulHTTP
import LonghaulJSON
import Synchronization

/// The requests to SQS, which the connections of one server share.
///
/// It speaks AWS JSON 1.0. Each request has a time limit, and is sent again after an error that passes: to send, to delete
/// and to return a message twice is harmless.
public final class SQSService: Sendable {
    /// A message that SQS has delivered.
    struct Message: Sendable {
        var body: String
        var receipt: String
    }

    /// How long SQS hides a delivered message from other servers. A server claims a job milliseconds after the delivery,
    /// and then deletes the message, so the time has nothing to do with the length of jobs.
    static let visibilitySeconds = 30
    /// The maximum of SQS for the entries of one request.
    static let batchSize = 10
    /// The maximum of SQS for the wait of one request.
    static let maxWaitSeconds = 20
    /// The time limit of one attempt of a request, apart from the wait for messages.
    private static let timeoutSeconds = 5
    private static let probeSeconds = 2

    let names: SQSNames
    let region: String
    let address: SQSAddress
    let endpoint: AWSEndpoint
    private let client: AWSClient
    private let http: HTTPClient
    private let urls = Mutex<[String: String]>([:])

    /// Finds the region, the endpoint and the credentials. Sends no request to SQS.
    ///
    /// - Parameter environment: where the region, the credentials and further settings of AWS are found.
    /// - Throws: `invalid_request` naming the setting that is wrong.
    public static func open(
        _ address: SQSAddress, environment: AWSEnvironment = .process
    ) async throws(LonghaulError) -> SQSService {
        do throws(AWSError) {
            let settings = try await AWSSettings(environment: environment, profile: address.profile)
            let given: AWSEndpoint? =
                if let text = address.endpoint { try AWSEndpoint(text) } else {
                    try settings.endpoint(of: "sqs")
                }
            guard let region = address.region ?? settings.region ?? (given == nil ? nil : "us-east-1") else {
                throw AWSError(
                    .configuration,
                    "there is no region: add ?region=NAME to the URL, or set AWS_REGION or the region of the profile"
                )
            }
            let http = HTTPClient(
                configuration: HTTPClientConfiguration(maxPooledConnections: 200, trust: settings.trust))
            let client = AWSClient(
                service: "sqs", region: region, endpoint: given ?? .standard("sqs", region: region),
                credentials: settings.credentials(http: http), http: http)
            return SQSService(address, region: region, client: client, http: http)
        } catch {
            throw LonghaulError(.invalidRequest, error.message)
        }
    }

    private init(_ address: SQSAddress, region: String, client: AWSClient, http: HTTPClient) {
        self.address = address
        self.region = region
        self.client = client
        self.http = http
        endpoint = client.endpoint
        names = SQSNames(prefix: address.prefix)
    }

    /// Ends all requests. The service cannot be used afterwards.
    public func close() async {
        await http.shutdown()
    }

    /// Sends a request and returns the JSON object of the response; nil for an empty response.
    ///
    /// - Parameters:
    ///   - name: the queue, for messages.
    ///   - waitSeconds: how long SQS may wait before it answers.
    ///   - isProbe: whether it is a question whether SQS answers: sent once, with a short time limit.
    func call(
        _ action: String, on name: String, waitSeconds: Int = 0, maxAttempts: Int = 2, isProbe: Bool = false,
        _ parameters: (inout JSONWriter) -> Void
    ) async throws(AWSError) -> JSONNode? {
        var writer = JSONWriter()
        writer.object { writer in parameters(&writer) }
        var request = AWSRequest(
            action: "sqs:" + action, resource: "the queue \"\(name)\"", method: "POST")
        request.headers = [
            "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS." + action,
        ]
        request.body = writer.bytes
        request.timeout = .seconds(isProbe ? Self.probeSeconds : Self.timeoutSeconds + waitSeconds)
        request.stallTimeout = request.timeout
        request.maxAttempts = isProbe ? 1 : maxAttempts
        let response = try await client.send(request, maxBytes: 4 << 20)
        guard !response.body.isEmpty else { return nil }
        guard let root = try? JSONDocument(lenientlyParsing: response.body).root, root.kind == .object else {
            throw AWSError(.unavailable, "\(request.action) on \(request.resource) returned no JSON object")
        }
        return root
    }

    // MARK: URLs

    /// Runs a body with the name and the URL of the queue of a place, which is created if it is missing.
    func withURL<Value>(
        of place: SQSPlace, _ body: (_ name: String, _ url: String) async throws(AWSError) -> Value
    ) async throws(AWSError) -> Value {
        let name = names.name(place)
        return try await withURL(of: name) { () throws(AWSError) in
            try await self.create(
                name, tags: ["longhaul-queue": place.queue, "longhaul-band": "\(place.band)"],
                unreadable: try await self.unreadableARN())
        } body: { url throws(AWSError) in
            try await body(name, url)
        }
    }

    /// Runs a body with the URL of the queue of unreadable messages, which is created if it is missing.
    func withUnreadableURL<Value>(
        _ body: (_ url: String) async throws(AWSError) -> Value
    ) async throws(AWSError) -> Value {
        try await withURL(of: names.unreadable) { () throws(AWSError) in
            try await self.create(
                self.names.unreadable, tags: ["longhaul-queue": "unreadable"], unreadable: nil)
        } body: { url throws(AWSError) in
            try await body(url)
        }
    }

    /// If the queue was deleted after its URL was found, the body runs again with the new one.
    private func withURL<Value>(
        of name: String, create: () async throws(AWSError) -> String,
        body: (_ url: String) async throws(AWSError) -> Value
    ) async throws(AWSError) -> Value {
        do throws(AWSError) {
            return try await body(try await url(of: name, create: create))
        } catch {
            guard error.kind == .missing, urls.withLock({ $0.removeValue(forKey: name) }) != nil else {
                throw error
            }
        }
        return try await body(try await url(of: name, create: create))
    }

    private func url(
        of name: String, create: () async throws(AWSError) -> String
    ) async throws(AWSError) -> String {
        if let known = urls.withLock({ $0[name] }) { return known }
        let url: String
        if let found = try await findURL(of: name) {
            url = found
        } else {
            guard address.creates else {
                throw AWSError(
                    .missing,
                    "there is no SQS queue \"\(name)\" in the region \(region), and create=false forbids to create it"
                )
            }
            url = try await create()
        }
        urls.withLock { $0[name] = url }
        return url
    }
}
