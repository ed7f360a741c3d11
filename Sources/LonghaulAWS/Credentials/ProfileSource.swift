import LonghaulCore

/// The credentials of a profile: a role, a web identity, keys or a process.
struct ProfileSource: CredentialSource {
    /// The maximum number of profiles that lead from one to the next by `source_profile`.
    private static let maxProfiles = 5

    let profiles: AWSProfiles
    let name: String
    let environment: AWSEnvironment
    let tokens: SecurityTokenService
    let container: any CredentialSource
    let instance: any CredentialSource

    var place: String {
        "the profile \"\(name)\" of \(environment.credentialsPath) and \(environment.configPath)"
    }

    func read() async throws(AWSError) -> AWSCredentials? {
        try await read(name, after: [])
    }

    private func read(_ name: String, after seen: [String]) async throws(AWSError) -> AWSCredentials? {
        guard let profile = profiles[name] else {
            if let first = seen.last {
                throw AWSError(
                    .configuration,
                    "the source_profile \"\(name)\" of the AWS profile \"\(first)\" does not exist")
            }
            return nil
        }
        // A profile can name itself as its source. Then its own keys are used.
        if seen.last == name { return Self.keys(profile.credentials) ?? Self.keys(profile.config) }
        guard seen.count < Self.maxProfiles else {
            throw AWSError(
                .configuration,
                "the AWS profile \"\(seen[0])\" has more than \(Self.maxProfiles) source profiles")
        }
        if let role = profile["role_arn"] {
            if let token = profile["web_identity_token_file"] {
                return try await tokens.assumeRole(
                    role, webIdentityFile: token, session: profile["role_session_name"])
            }
            let base = try await base(of: profile, after: seen + [name])
            return try await tokens.assumeRole(
                role, session: profile["role_session_name"], externalID: profile["external_id"], with: base)
        }
        if let keys = Self.keys(profile.credentials) { return keys }
        if let command = profile["credential_process"] {
            return try await ProcessSource(command: command, profile: name, environment: environment).run()
        }
        if let keys = Self.keys(profile.config) { return keys }
        if profile["sso_session"] != nil || profile["sso_start_url"] != nil {
            throw AWSError(
                .configuration,
                "the AWS profile \"\(name)\" signs in by SSO: use another profile with credential_process = aws configure "
                    + "export-credentials --profile \(name)")
        }
        return nil
    }

    /// The credentials that may assume the role of a profile.
    private func base(of profile: AWSProfile, after seen: [String]) async throws(AWSError) -> AWSCredentials {
        let found: AWSCredentials?
        switch (profile["source_profile"], profile["credential_source"]) {
        case (let source?, nil): found = try await read(source, after: seen)
        case (nil, "Environment"): found = try EnvironmentSource(environment: environment).read()
        case (nil, "EcsContainer"): found = try await container.read()
        case (nil, "Ec2InstanceMetadata"): found = try await instance.read()
        default:
            throw AWSError(
                .configuration,
                "the AWS profile \"\(profile.name)\" has a role_arn, so it needs a source_profile, a web_identity_token_file "
                    + "or a credential_source (Environment, EcsContainer, Ec2InstanceMetadata)")
        }
        guard let found else {
            throw AWSError(
                .credentials,
                "there are no credentials to assume the role of the AWS profile \"\(profile.name)\"")
        }
        return found
    }

    /// The keys in a section; nil if it has none.
    private static func keys(_ settings: AWSProfiles.Settings) -> AWSCredentials? {
        guard let id = settings["aws_access_key_id"], !id.isEmpty,
            let secret = settings["aws_secret_access_key"], !secret.isEmpty
        else { return nil }
        let token = settings["aws_session_token"] ?? settings["aws_security_token"]
        return AWSCredentials(
            accessKeyID: id, secretAccessKey: secret, sessionToken: token.flatMap { $0.isEmpty ? nil : $0 })
    }
}
