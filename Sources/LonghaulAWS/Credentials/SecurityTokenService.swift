import LonghaulCore
import LonghaulHTTP

/// The calls of AWS STS that exchange credentials for those of a role.
struct SecurityTokenService: Sendable {
    let settings: AWSSettings
    let http: HTTPClient
    let time: any TimeSource

    /// The role's credentials for a web identity token. The token is read from its file now, because it is replaced
    /// regularly.
    func assumeRole(
        _ role: String, webIdentityFile: String, session: String?
    ) async throws(AWSError) -> AWSCredentials {
        let token = try await settings.environment.text(at: webIdentityFile)
        var request = request("AssumeRoleWithWebIdentity", role: role, session: session)
        request.form.append(("WebIdentityToken", token.filter { !$0.isWhitespace }))
        return try await send(request, credentials: nil)
    }

    /// The role's credentials for other credentials.
    func assumeRole(
        _ role: String, session: String?, externalID: String?, with credentials: AWSCredentials
    ) async throws(AWSError) -> AWSCredentials {
        var request = request("AssumeRole", role: role, session: session)
        if let externalID { request.form.append(("ExternalId", externalID)) }
        return try await send(request, credentials: credentials)
    }

    private struct Call {
        var action: String
        var role: String
        var form: [(name: String, value: String)]
    }

    private func request(_ action: String, role: String, session: String?) -> Call {
        Call(
            action: action, role: role,
            form: [
                ("Action", action), ("Version", "2011-06-15"), ("RoleArn", role),
                ("RoleSessionName", session ?? "longhaul-\(time.now().milliseconds)"),
            ])
    }

    private func send(_ call: Call, credentials: AWSCredentials?) async throws(AWSError) -> AWSCredentials {
        let region = settings.region ?? "us-east-1"
        let body = call.form.map { AWSEncoding.encode($0.name) + "=" + AWSEncoding.encode($0.value) }
        let client = AWSClient(
            service: "sts", region: region,
            endpoint: try settings.endpoint(of: "sts") ?? .standard("sts", region: region),
            credentials: credentials.map { FixedCredentials($0) }, http: http, time: time)
        var request = AWSRequest(
            action: "sts:" + call.action, resource: "the role \(call.role)", method: "POST")
        request.headers = ["Content-Type": "application/x-www-form-urlencoded; charset=utf-8"]
        request.body = Array(body.joined(separator: "&").utf8)
        request.timeout = .seconds(10)
        request.maxAttempts = 3
        let response = try await client.send(request, maxBytes: 1 << 20)
        let source = "AWS STS (\(call.action))"
        guard
            let result = XMLElement(parsing: response.body)?.first(call.action + "Result")?.first(
                "Credentials"),
            let id = result.text(of: "AccessKeyId"), let secret = result.text(of: "SecretAccessKey"),
            let end = result.text(of: "Expiration").flatMap({ Timestamp(rfc3339: $0) })
        else { throw AWSError(.credentials, "\(source) returned no credentials") }
        return AWSCredentials(
            accessKeyID: id, secretAccessKey: secret, sessionToken: result.text(of: "SessionToken"),
            expiresAt: end)
    }
}
