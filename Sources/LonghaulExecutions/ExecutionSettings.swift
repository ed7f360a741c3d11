/// Settings of state machines and their executions.
public struct ExecutionSettings: Sendable {
    /// The account in ARNs: twelve digits.
    public var account: String
    /// The region in ARNs.
    public var region: String
    /// Limits of state machines.
    public var limits: MachineLimits
    /// Limits of executions.
    public var executions: ExecutionLimits
    /// The URL of a Lambda endpoint that runs functions; nil to run each as a job of the kind of its name.
    public var lambdaEndpoint: String?
    /// The names of the AWS services that tasks may call.
    public var services: Set<String>
    /// Whether a server can run a resource of a Task state. Definitions with other resources are refused.
    public var isResourceSupported: @Sendable (String) -> Bool

    /// Settings; by default any resource.
    public init(
        account: String = "000000000000", region: String = "us-east-1",
        limits: MachineLimits = MachineLimits(),
        executions: ExecutionLimits = ExecutionLimits(), lambdaEndpoint: String? = nil,
        services: Set<String> = [],
        isResourceSupported: @escaping @Sendable (String) -> Bool = { _ in true }
    ) {
        self.account = account
        self.region = region
        self.limits = limits
        self.executions = executions
        self.lambdaEndpoint = lambdaEndpoint
        self.services = services
        self.isResourceSupported = isResourceSupported
    }
}

/// Limits of state machines and activities; by default AWS's.
public struct MachineLimits: Sendable, Hashable {
    /// Maximum number of state machines.
    public var machines = 100_000
    /// Maximum number of activities.
    public var activities = 100_000
    /// Maximum number of versions of a state machine.
    public var versions = 1000
    /// Maximum number of aliases of a state machine.
    public var aliases = 100
    /// Maximum number of tags of a resource.
    public var tags = 50
    /// Maximum size of the definitions in the cache of a server, in bytes of their texts.
    public var cachedDefinitionBytes = 8 << 20

    /// AWS's limits.
    public init() {}
}
