/// An HTTP request of a task.
public struct TaskRequest: Sendable, Hashable {
    /// The method.
    public var method: String
    /// The URL.
    public var url: String
    /// The header fields.
    public var headers: [(name: String, value: String)]
    /// The body.
    public var body: [UInt8]
    /// Whether the URL is a setting of the operator, so that the rules for addresses do not apply.
    public var isTrusted: Bool
    /// Maximum time until the answer is complete, in seconds; nil for that of the server.
    public var timeoutSeconds: Double?

    /// A request.
    public init(
        method: String, url: String, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        isTrusted: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.isTrusted = isTrusted
    }

    /// Compares all parts.
    public static func == (left: TaskRequest, right: TaskRequest) -> Bool {
        left.method == right.method && left.url == right.url && left.body == right.body
            && left.isTrusted == right.isTrusted
            && left.headers.elementsEqual(right.headers) { $0 == $1 }
    }

    /// Hashes the method, the URL and the body.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(method)
        hasher.combine(url)
        hasher.combine(body)
    }
}

/// The answer to a request of a task.
public struct TaskResponse: Sendable {
    /// The status.
    public var status: Int
    /// The header fields.
    public var headers: [(name: String, value: String)]
    /// The body.
    public var body: [UInt8]

    /// An answer.
    public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The value of a header field, whatever the case of its name; nil if there is none.
    func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// Why a request has no answer.
public struct TaskRequestError: Error, Sendable, Hashable {
    /// What is wrong.
    public var message: String
    /// Whether the rules of this server forbid the request.
    public var isRefused: Bool
    /// Whether the time limit of the request has passed.
    public var isTimeout: Bool

    /// An error.
    public init(_ message: String, isRefused: Bool = false, isTimeout: Bool = false) {
        self.message = message
        self.isTimeout = isTimeout
        self.isRefused = isRefused
    }
}

/// Sends the HTTP requests of tasks.
public protocol TaskRequests: Sendable {
    /// Sends a request, and returns the answer with any status.
    ///
    /// - Throws: ``TaskRequestError`` if there is no answer; `CancellationError` if the task is cancelled.
    func send(_ request: TaskRequest) async throws -> TaskResponse
}
