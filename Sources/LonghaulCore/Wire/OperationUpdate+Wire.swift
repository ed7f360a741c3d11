public import LonghaulJSON

extension OperationUpdate: JSONReadable, JSONWritable {
    /// Reads an update, strictly, and validates it with ``OperationUpdateRules``.
    public static func read(_ reader: inout JSONObjectReader) -> OperationUpdate {
        let before = reader.faults.list.count
        var update = OperationUpdate(
            reader.needed("action", "an action") { $0.choice($1, of: Action.self) } ?? .start,
            reader.needed("type", "a type") { $0.choice($1, of: OperationType.self) } ?? .step,
            id: reader.requiredString("id") ?? "", name: reader.requiredString("name") ?? "")
        update.parentID = reader.string("parent_id")
        update.input = reader.value("input")
        update.output = reader.value("output")
        if var error = reader.object("error") {
            update.error = JobError.read(&error)
            error.finish()
        }
        if var options = reader.object("options") { update.options = Options.read(&options) }
        reader.finish()
        // The rules depend on the type and the action, so without these they would report consequences.
        let found = reader.faults.list[min(before, reader.faults.list.count)...].map(\.pointer)
        let isTyped = reader.isObject && !found.contains { $0 == reader.pointer(to: "type") }
        guard isTyped, !found.contains(reader.pointer(to: "action")) else { return update }
        let reported = Set(found)
        for fault in OperationUpdateRules.faults(in: update, at: reader.pointer)
        where !reported.contains(fault.pointer) {
            reader.faults.add(fault.pointer, fault.message)
        }
        return update
    }

    /// Writes the update without absent fields.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("id", id)
            if let parentID { writer.field("parent_id", parentID) }
            writer.field("type", type.rawValue)
            writer.field("name", name)
            writer.field("action", action.rawValue)
            if let input { writer.field("input", input) }
            if let output { writer.field("output", output) }
            if let error { writer.field("error", error) }
            if options != Options() { writer.field("options", options) }
        }
    }
}

extension OperationUpdate.Options: JSONWritable {
    static func read(_ reader: inout JSONObjectReader) -> OperationUpdate.Options {
        var options = OperationUpdate.Options()
        options.seconds = reader.double("seconds")
        options.until = reader.timestamp("until")
        options.timeoutSeconds = reader.double("timeout_seconds")
        options.delaySeconds = reader.double("delay_seconds")
        options.attempt = reader.int("attempt", within: FieldBounds.stepAttempt)
        if var job = reader.object("job") { options.job = NewJob.read(&job) }
        reader.finish()
        return options
    }

    /// Writes the options without absent fields.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            if let seconds { writer.field("seconds", seconds) }
            if let until { writer.field("until", until) }
            if let timeoutSeconds { writer.field("timeout_seconds", timeoutSeconds) }
            if let delaySeconds { writer.field("delay_seconds", delaySeconds) }
            if let attempt { writer.field("attempt", attempt) }
            if let job { writer.field("job", job) }
        }
    }
}

extension JSONObjectReader {
    /// Any value that is present and not `null`.
    fileprivate mutating func value(_ name: String) -> JSONText? {
        text(name).flatMap { $0.isNull ? nil : $0 }
    }
}

/// Several updates of a journal in one call.
public struct OperationUpdateList: Sendable, Hashable {
    /// The updates, in order.
    public var updates: [OperationUpdate]

    /// A list of these updates.
    public init(updates: [OperationUpdate]) {
        self.updates = updates
    }
}

extension OperationUpdateList: JSONReadable, JSONWritable {
    /// Reads the list, strictly.
    public static func read(_ reader: inout JSONObjectReader) -> OperationUpdateList {
        let updates = reader.needed("updates", "an array") { $0.objects($1, OperationUpdate.read) }
        if let updates { reader.expectCount(updates.count, of: "updates", within: JournalLimits.updates) }
        reader.finish()
        return OperationUpdateList(updates: updates ?? [])
    }

    /// Writes the list.
    public func write(to writer: inout JSONWriter) {
        writer.object { $0.field("updates", updates) }
    }
}

/// The operations that a worker's code waits for.
public struct SuspendRequest: Sendable, Hashable {
    /// The identifiers of the operations.
    public var on: [String]

    /// A request to suspend a job until one of these operations has ended.
    public init(on ids: [String]) {
        on = ids
    }
}

extension SuspendRequest: JSONReadable, JSONWritable {
    /// Reads the request, strictly.
    public static func read(_ reader: inout JSONObjectReader) -> SuspendRequest {
        let range = FieldBounds.suspendedOn
        let ids = reader.needed("on", "an array") { $0.strings($1, maxCount: range.upperBound) }
        if let ids {
            reader.expectCount(ids.count, of: "on", within: range)
            for (index, id) in ids.enumerated() where !OperationUpdateRules.isID(id) {
                reader.faults.add(reader.pointer(to: "on").appending(index), OperationUpdateRules.idForm)
            }
        }
        reader.finish()
        return SuspendRequest(on: ids ?? [])
    }

    /// Writes the request.
    public func write(to writer: inout JSONWriter) {
        writer.object { $0.field("on", on) }
    }
}

/// The operation from which a journal is restarted or copied.
public struct OperationSelection: Sendable, Hashable {
    /// The identifier of the operation.
    public var from: String

    /// A selection of this operation.
    public init(from id: String) {
        from = id
    }
}

extension OperationSelection: JSONReadable, JSONWritable {
    /// Reads the selection, strictly.
    public static func read(_ reader: inout JSONObjectReader) -> OperationSelection {
        let id = reader.requiredString("from")
        if let id, !OperationUpdateRules.isID(id) { reader.fault("from", OperationUpdateRules.idForm) }
        reader.finish()
        return OperationSelection(from: id ?? "")
    }

    /// Writes the selection.
    public func write(to writer: inout JSONWriter) {
        writer.object { $0.field("from", from) }
    }
}
