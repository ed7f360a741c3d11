import LonghaulAWS
import LonghaulCore
import LonghaulExecutions
import LonghaulHTTP
import Synchronization

/// Calls AWS services for the tasks of state machines, with the credentials and the endpoints of the environment.
///
/// A request goes only to the endpoint of its service. No parameter of a task changes the host.
final class AWSServiceCalls: ServiceCalls {
    /// What all calls share, once the environment was read.
    private struct Access: Sendable {
        let settings: AWSSettings
        let credentials: any AWSCredentialProvider
        let http: HTTPClient
    }

    private let defaultRegion: String
    private let access = Mutex<Access?>(nil)

    /// Maximum size of an answer, in bytes.
    private static let maxAnswerBytes = 8 << 20
    /// Maximum time of a request. The time limit of its state is shorter, if it has one.
    private static let timeout = Duration.seconds(900)

    /// Calls of services. The environment is read at the first call.
    ///
    /// - Parameter region: the region, if the environment names none.
    init(region: String) {
        defaultRegion = region
    }

    func send(_ request: ServiceCallRequest) async throws -> TaskResponse {
        let access: Access
        let signed: HTTPClientRequest
        do {
            access = try await openAccess()
            signed = try await self.signed(request, access)
        } catch {
            throw TaskRequestError(error.description)
        }
        do {
            let response = try await access.http.send(signed, maxBytes: Self.maxAnswerBytes)
            return TaskResponse(
                status: response.status, headers: response.headers.fields.map { ($0.name, $0.value) },
                body: response.body)
        } catch {
            if error.code == .cancelled || error.code == .closed { throw CancellationError() }
            throw TaskRequestError(error.message, isTimeout: error.code == .timedOut)
        }
    }

    private func signed(
        _ request: ServiceCallRequest, _ access: Access
    ) async throws(AWSError) -> HTTPClientRequest {
        let region = access.settings.region ?? defaultRegion
        let variable = String(request.serviceID.map { $0 == " " ? "_" : $0 })
        let endpoint =
            try access.settings.endpoint(of: variable) ?? .standard(request.endpoint, region: region)
        var unsigned = AWSRequest(
            action: "\(request.signingName):\(request.operation)", resource: request.serviceID,
            method: request.method, path: request.path)
        unsigned.query = request.query
        for (name, value) in request.headers { unsigned.headers.add(name, value) }
        unsigned.body = request.body
        let signer = AWSSigner(service: request.signingName, region: region)
        let headers = signer.headers(
            of: unsigned, at: endpoint, credentials: try await access.credentials.credentials(),
            time: SystemTime().now())
        return HTTPClientRequest(
            method: request.method, url: signer.url(of: unsigned, at: endpoint), headers: headers,
            body: request.body.isEmpty ? .none : .bytes(request.body),
            timeout: request.timeoutSeconds.map { .seconds($0) } ?? Self.timeout)
    }

    private func openAccess() async throws(AWSError) -> Access {
        if let access = access.withLock({ $0 }) { return access }
        let settings = try await AWSSettings(environment: .process)
        let http = HTTPClient(
            configuration: HTTPClientConfiguration(maxConnectionsPerHost: 64, trust: settings.trust))
        let new = Access(settings: settings, credentials: settings.credentials(http: http), http: http)
        return access.withLock { access in
            access = access ?? new
            return access ?? new
        }
    }

    /// Ends all requests.
    func close() async {
        await access.withLock { $0 }?.http.shutdown()
    }
}
