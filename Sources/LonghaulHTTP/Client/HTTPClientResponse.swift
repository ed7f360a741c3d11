/// A complete response.
public struct HTTPClientResponse: Sendable, Hashable {
    /// The status code, such as 200.
    public var status: Int
    /// The header fields, in order.
    public var headers: HTTPHeaders
    /// The body; empty if it was written to a file.
    public var body: [UInt8]

    /// A response.
    public init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Whether the status is 200 to 299.
    public var isSuccess: Bool { (200..<300).contains(status) }
}
