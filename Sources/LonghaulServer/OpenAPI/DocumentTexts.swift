/// The texts of the document that belong to no call.
enum DocumentTexts {
    /// The description of the API.
    static let conventions =
        "Bodies are JSON. Unknown fields, repeated keys and bodies nested over 64 deep are refused with the position "
        + "of each error; `null` means that a field is absent. Times are RFC 3339, durations are seconds. Errors are "
        + "RFC 9457 problems with a stable `code`. `POST /` is not part of this document: it is the Step Functions API by "
        + "the protocol of AWS, for AWS SDKs."

    /// The description of API keys.
    static let keys =
        "Once there is an API key, each call needs one: `Authorization: Bearer lh_…`. The scope of each call stands in its "
        + "`security`; the scope `admin` includes all others. A key that is limited to queues and kinds reads and changes "
        + "only their jobs. Without any key the server listens on loopback addresses only, and no call needs one."
}
