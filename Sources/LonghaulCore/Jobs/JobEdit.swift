import LonghaulJSON

/// Changes of a job that is not leased and has not ended. Fields that are nil stay as they are.
///
/// ```swift
/// var edit = JobEdit()
/// edit.priority = 9
/// edit.tags = ["customer": "acme", "draft": nil]
/// let job = try await client.edit(id, edit)
/// ```
public struct JobEdit: Sendable, Hashable {
    /// The new priority.
    public var priority: Int?
    /// The new time at which the job is due. A job whose time has passed is due now.
    public var runAt: Timestamp?
    /// The tags to set, by name; nil as a value removes the tag. Other tags stay.
    public var tags: [String: String?] = [:]

    /// Creates an edit. Without arguments, it changes nothing.
    public init(priority: Int? = nil, runAt: Timestamp? = nil, tags: [String: String?] = [:]) {
        self.priority = priority
        self.runAt = runAt
        self.tags = tags
    }

    /// Whether it changes nothing.
    public var isEmpty: Bool { priority == nil && runAt == nil && tags.isEmpty }

    /// The specification of a job with the new priority and tags.
    ///
    /// - Throws: ``LonghaulError`` `invalid_request` if the job would have too many tags.
    public func applied(to spec: JobSpec) throws(LonghaulError) -> JobSpec {
        var spec = spec
        if let priority { spec.priority = priority }
        for (name, value) in tags { spec.tags[name] = value }
        guard FieldBounds.tags.contains(spec.tags.count) else {
            throw LonghaulError.invalid(
                JSONPointer.root.appending("tags"),
                "the job would have \(spec.tags.count) tags, and the maximum is \(FieldBounds.tags.upperBound)"
            )
        }
        return spec
    }
}
