public import LonghaulCore
public import LonghaulEngine

/// The parts of a server that run executions.
public struct ExecutionHost: Sendable {
    /// Runs the jobs of tasks.
    public var engine: Engine
    /// Sends the HTTP requests of tasks; nil if this server sends none.
    public var requests: (any TaskRequests)?
    /// Reads and writes the objects of maps; nil if this server has no objects.
    public var objects: (any MapObjects)?
    /// Calls AWS services for tasks; nil if this server calls none.
    public var services: (any ServiceCalls)?
    /// Receives the log of Express executions in memory, which have no job.
    public var note: @Sendable (Note) -> Void = { _ in }

    /// The parts of a server.
    public init(
        engine: Engine, requests: (any TaskRequests)? = nil, objects: (any MapObjects)? = nil,
        services: (any ServiceCalls)? = nil
    ) {
        self.engine = engine
        self.requests = requests
        self.objects = objects
        self.services = services
    }
}
