/// A request of a task to an AWS service, before it is signed.
public struct ServiceCallRequest: Sendable {
    /// A parameter of the URL, not encoded.
    public typealias QueryItem = (name: String, value: String)

    /// The ID of the service: `Secrets Manager`.
    public var serviceID: String
    /// The name of the service in signatures.
    public var signingName: String
    /// The first label of the host of the service.
    public var endpoint: String
    /// The name of the operation: `PutItem`.
    public var operation: String
    /// The method.
    public var method: String
    /// The path, not encoded.
    public var path: String
    /// The parameters of the URL.
    public var query: [QueryItem] = []
    /// The header fields.
    public var headers: [(name: String, value: String)] = []
    /// The body.
    public var body: [UInt8] = []
    /// Maximum time until the answer is complete, in seconds; nil for that of the server.
    public var timeoutSeconds: Double?
}

/// Sends the requests of tasks to the AWS services that the operator allows, with signatures.
public protocol ServiceCalls: Sendable {
    /// Sends a request once, and returns the answer with any status.
    ///
    /// - Throws: ``TaskRequestError`` if there is no answer; `CancellationError` if the task is cancelled.
    func send(_ request: ServiceCallRequest) async throws -> TaskResponse
}
