/// The role of `AWS_ROLE_ARN` with the token in the file `AWS_WEB_IDENTITY_TOKEN_FILE`, as Kubernetes services of AWS set
/// them.
struct WebIdentitySource: CredentialSource {
    let environment: AWSEnvironment
    let tokens: SecurityTokenService

    var place: String { "the web identity of AWS_WEB_IDENTITY_TOKEN_FILE" }

    func read() async throws(AWSError) -> AWSCredentials? {
        guard let file = environment["AWS_WEB_IDENTITY_TOKEN_FILE"] else { return nil }
        guard let role = environment["AWS_ROLE_ARN"] else {
            throw AWSError(.credentials, "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not")
        }
        return try await tokens.assumeRole(
            role, webIdentityFile: file, session: environment["AWS_ROLE_SESSION_NAME"])
    }
}
