/// A header that has a meaning for some calls.
struct HeaderParameter: Sendable {
    let name: String
    let description: String
    let schema: Schema

    static let idempotencyKey = HeaderParameter(
        name: "Idempotency-Key",
        description:
            "Repeated requests with this key, of 1 to 255 characters, have one effect. The key belongs to the caller.",
        schema: .string(1...255))

    static let lastEventID = HeaderParameter(
        name: "Last-Event-ID", description: "The ID of the last event that the client has received.",
        schema: .string())

    static let ifNoneMatch = HeaderParameter(
        name: "If-None-Match",
        description: "The `ETag` of an earlier answer. If it is still valid, the answer is 304.",
        schema: .string())

    static let ifMatch = HeaderParameter(
        name: "If-Match",
        description: "The `ETag` of the state that is changed. If it has changed since, the answer is 409.",
        schema: .string())

    static let range = HeaderParameter(
        name: "Range", description: "The part of the file, such as `bytes=0-1023`.",
        schema: .string())
}
