public import LonghaulCore
public import LonghaulHTTP

/// The settings of AWS that the environment and the shared files have: the profile, the region, the endpoints and the
/// credentials.
public struct AWSSettings: Sendable {
    let environment: AWSEnvironment
    let profiles: AWSProfiles
    /// The name of the profile that is used.
    let profileName: String
    /// Whether the caller named the profile. Keys in the environment are then not used.
    let isProfileGiven: Bool

    /// Reads the settings.
    ///
    /// - Parameter profile: the name of the profile; nil for `AWS_PROFILE` or `default`.
    /// - Throws: ``AWSError`` `configuration` if a file cannot be read, or has no such profile.
    public init(environment: AWSEnvironment, profile: String? = nil) async throws(AWSError) {
        self.environment = environment
        profiles = try await AWSProfiles.load(environment)
        isProfileGiven = profile != nil
        let named = profile ?? environment["AWS_PROFILE"] ?? environment["AWS_DEFAULT_PROFILE"]
        profileName = named ?? "default"
        guard named == nil || profiles[profileName] != nil else {
            throw AWSError(
                .configuration,
                "there is no AWS profile \"\(profileName)\" in \(environment.configPath) or \(environment.credentialsPath)"
            )
        }
    }

    /// The region of `AWS_REGION`, `AWS_DEFAULT_REGION` or the profile; nil if none is set.
    public var region: String? {
        environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? profiles[profileName]?["region"]
    }

    /// The endpoint of a service in `AWS_ENDPOINT_URL_SERVICE`, `AWS_ENDPOINT_URL` or the profile; nil for that of AWS.
    ///
    /// - Throws: ``AWSError`` `configuration` if it is no URL.
    public func endpoint(of service: String) throws(AWSError) -> AWSEndpoint? {
        guard environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.lowercased() != "true",
            let url = environment["AWS_ENDPOINT_URL_" + service.uppercased()] ?? environment[
                "AWS_ENDPOINT_URL"]
                ?? profiles[profileName]?["endpoint_url"]
        else { return nil }
        return try AWSEndpoint(url)
    }

    /// The certificate authorities that requests trust: those of the system, and those in the file of `AWS_CA_BUNDLE`.
    public var trust: HTTPClientConfiguration.Trust {
        let file = environment["AWS_CA_BUNDLE"] ?? profiles[profileName]?["ca_bundle"]
        return file.map { .systemAnd(file: $0) } ?? .system
    }

    /// Credentials from the first place that has some, in the order of the AWS SDKs: the environment, a role of the
    /// profile, a web identity, the shared files, the container endpoint, the instance metadata. They are renewed before
    /// they expire.
    public func credentials(http: HTTPClient, time: any TimeSource = SystemTime())
        -> any AWSCredentialProvider
    {
        let tokens = SecurityTokenService(settings: self, http: http, time: time)
        let container = ContainerSource(environment: environment, http: http)
        let instance = InstanceSource(environment: environment, http: http, time: time)
        let profile = ProfileSource(
            profiles: profiles, name: profileName, environment: environment, tokens: tokens,
            container: container,
            instance: instance)
        var sources: [any CredentialSource] = [
            WebIdentitySource(environment: environment, tokens: tokens), profile, container, instance,
        ]
        if isProfileGiven {
            sources = [profile]
        } else {
            sources.insert(EnvironmentSource(environment: environment), at: 0)
        }
        return CredentialCache(sources, time: time)
    }
}
