import LonghaulCore
import LonghaulHTTP

/// The role of an EC2 instance, from its metadata service (version 2, with a session token).
struct InstanceSource: CredentialSource {
    /// The metadata service may return expired credentials while it cannot renew them. AWS accepts them during this time, so
    /// they are used this long before the service is asked again.
    private static let extensionSeconds: Double = 600

    let environment: AWSEnvironment
    let http: HTTPClient
    let time: any TimeSource

    var place: String {
        isDisabled
            ? "the instance metadata, which AWS_EC2_METADATA_DISABLED turns off"
            : "the instance metadata at \(base)"
    }

    private var isDisabled: Bool { environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() == "true" }

    func read() async throws(AWSError) -> AWSCredentials? {
        guard !isDisabled else { return nil }
        let client = MetadataClient(http: http, timeout: timeout, attempts: 2)
        guard let token = try await token(client) else { return nil }
        let headers: HTTPHeaders = ["X-aws-ec2-metadata-token": token]
        let folder = base + "/latest/meta-data/iam/security-credentials/"
        guard let roles = try await text(client, folder, headers),
            let role = roles.split(whereSeparator: \.isNewline).first
        else { return nil }
        guard let document = try await text(client, folder + AWSEncoding.encode(String(role)), headers) else {
            throw AWSError(.credentials, "the instance metadata has no credentials of the role \(role)")
        }
        let credentials = try CredentialDocument.parse(
            Array(document.utf8), token: "Token", source: "the instance metadata")
        return extended(credentials)
    }

    private func extended(_ credentials: AWSCredentials) -> AWSCredentials {
        let now = time.now()
        guard let end = credentials.expiresAt, end <= now else { return credentials }
        return AWSCredentials(
            accessKeyID: credentials.accessKeyID, secretAccessKey: credentials.secretAccessKey,
            sessionToken: credentials.sessionToken, expiresAt: now.adding(seconds: Self.extensionSeconds))
    }

    private var base: String {
        var url = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"]
        if url?.hasSuffix("/") == true { url?.removeLast() }
        let isIPv6 = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"]?.lowercased() == "ipv6"
        return url ?? (isIPv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254")
    }

    private var timeout: Duration {
        let seconds = environment["AWS_METADATA_SERVICE_TIMEOUT"].flatMap { Double($0) } ?? 1
        return .seconds(min(max(seconds, 0.1), 30))
    }

    /// A session token; nil if this machine has no metadata service.
    private func token(_ client: MetadataClient) async throws(AWSError) -> String? {
        let headers: HTTPHeaders = ["X-aws-ec2-metadata-token-ttl-seconds": "21600"]
        guard let response = try? await client.send("PUT", base + "/latest/api/token", headers: headers)
        else {
            return nil
        }
        // Another service at this address is no metadata service.
        return response.status == 200 ? String(decoding: response.body, as: UTF8.self) : nil
    }

    /// A document; nil if it does not exist.
    private func text(
        _ client: MetadataClient, _ url: String, _ headers: HTTPHeaders
    ) async throws(AWSError) -> String? {
        let response: HTTPClientResponse
        do throws(HTTPClientError) {
            response = try await client.send("GET", url, headers: headers)
        } catch {
            throw AWSError(.credentials, "the instance metadata does not answer: \(error.message)")
        }
        if response.status == 404 { return nil }
        guard response.status == 200 else {
            throw AWSError(.credentials, "the instance metadata answered with the status \(response.status)")
        }
        return String(decoding: response.body, as: UTF8.self)
    }
}
