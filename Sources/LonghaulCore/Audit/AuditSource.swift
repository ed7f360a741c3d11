/// Who makes a change, and from where, for the audit log.
///
/// The store records a change if ``current`` is set in the task that calls it. Changes without a source, such as those of
/// maintenance, are not recorded. The server sets it for each request. A program that embeds the engine sets it itself:
///
/// ```swift
/// try await AuditSource.$current.withValue(AuditSource(caller: "billing")) {
///     _ = try await engine.cancel(id)
/// }
/// ```
public struct AuditSource: Sendable, Hashable {
    /// The source of the changes of the current task; nil for none.
    @TaskLocal public static var current: AuditSource?

    /// The name of the API key, `anonymous`, or `user:` and the name of a user of the operating system.
    public var caller: String
    /// The identifier of the API key; nil without one.
    public var keyID: String?
    /// The address of the client, or `unix:` and the number of the user of the operating system; nil if it is not known.
    public var client: String?
    /// The ID of the request; nil outside of a request.
    public var requestID: String?

    /// A source.
    public init(caller: String, keyID: String? = nil, client: String? = nil, requestID: String? = nil) {
        self.caller = caller
        self.keyID = keyID
        self.client = client
        self.requestID = requestID
    }
}
