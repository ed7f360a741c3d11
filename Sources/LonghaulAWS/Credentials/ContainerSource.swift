import LonghaulHTTP

/// The credentials of a container: the endpoint of Amazon ECS, or the agent of EKS Pod Identity.
struct ContainerSource: CredentialSource {
    private static let host = "169.254.170.2"
    private static let agents = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"]

    let environment: AWSEnvironment
    let http: HTTPClient

    var place: String { "the container endpoint of AWS_CONTAINER_CREDENTIALS_FULL_URI or _RELATIVE_URI" }

    func read() async throws(AWSError) -> AWSCredentials? {
        guard let url = try endpoint() else { return nil }
        var headers: HTTPHeaders = ["Accept": "application/json"]
        if let token = try await token() { headers["Authorization"] = token }
        let source = "the endpoint of the container's credentials"
        let client = MetadataClient(http: http, timeout: .seconds(2), attempts: 3)
        let response: HTTPClientResponse
        do throws(HTTPClientError) {
            response = try await client.send("GET", url, headers: headers)
        } catch {
            throw AWSError(.credentials, "\(source) does not answer: \(error.message)")
        }
        guard response.status == 200 else {
            throw AWSError(.credentials, "\(source) answered with the status \(response.status)")
        }
        return try CredentialDocument.parse(response.body, token: "Token", source: source)
    }

    /// The URL; nil if none is set.
    private func endpoint() throws(AWSError) -> String? {
        if let path = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] {
            return "http://\(Self.host)" + (path.hasPrefix("/") ? path : "/" + path)
        }
        guard let url = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] else { return nil }
        let invalid = AWSError(
            .configuration,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI must be an https URL, or an http URL of this machine or of the agent of "
                + "a container")
        guard let mark = url.firstRange(of: "://") else { throw invalid }
        if url[..<mark.lowerBound].lowercased() == "https" { return url }
        let authority = url[mark.upperBound...].prefix { !"/?#".contains($0) }
        guard url[..<mark.lowerBound].lowercased() == "http", let parsed = HTTPAuthority(authority),
            parsed.isLoopback || Self.agents.contains(parsed.host)
        else { throw invalid }
        return url
    }

    /// The text of the `Authorization` field. The file is read each time, because it is replaced regularly.
    private func token() async throws(AWSError) -> String? {
        guard let file = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] else {
            return environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
        }
        return try await environment.text(at: file).filter { !$0.isNewline }
    }
}
