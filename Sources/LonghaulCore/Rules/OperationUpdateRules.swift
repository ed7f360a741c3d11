public import LonghaulJSON

/// The validation rules for updates of a journal. The engine checks every update against them.
public struct OperationUpdateRules {
    private let update: OperationUpdate
    private let pointer: JSONPointer
    private var faults: [JSONFault] = []

    /// All faults of the update; empty if it is valid.
    ///
    /// - Parameter pointer: the place of the update in the document, as the prefix of the faults' pointers.
    public static func faults(in update: OperationUpdate, at pointer: JSONPointer = .root) -> [JSONFault] {
        var rules = OperationUpdateRules(update: update, pointer: pointer)
        rules.checkNames()
        rules.checkAction()
        rules.checkValues()
        rules.checkOptions()
        rules.checkJob()
        return rules.faults
    }

    /// Whether text can be the identifier of an operation.
    public static func isID(_ text: String) -> Bool { TextRule.isPlain(text, FieldBounds.operationIDLength) }

    static let idForm = form(FieldBounds.operationIDLength)

    private static func form(_ lengths: ClosedRange<Int>) -> String {
        "must have \(lengths.lowerBound) to \(lengths.upperBound) characters, none of them U+0000"
    }

    private init(update: OperationUpdate, pointer: JSONPointer) {
        self.update = update
        self.pointer = pointer
    }

    private mutating func expect(_ condition: Bool, _ field: String, _ message: @autoclosure () -> String) {
        if !condition { faults.append(JSONFault(pointer: pointer.appending(field), message: message())) }
    }

    private mutating func checkNames() {
        expect(Self.isID(update.id), "id", Self.idForm)
        if let parent = update.parentID { expect(Self.isID(parent), "parent_id", Self.idForm) }
        let lengths = FieldBounds.operationNameLength
        expect(TextRule.isPlain(update.name, lengths), "name", Self.form(lengths))
    }

    private mutating func checkAction() {
        let (type, actions) = (update.type, update.type.actions)
        expect(
            actions.contains(update.action), "action",
            "an operation of type \(type.rawValue) has the actions "
                + actions.map(\.rawValue).joined(separator: ", "))
    }

    private mutating func checkValues() {
        let recordsOutput =
            update.action == .succeed || (update.type == .marker && update.action == .start)
        let recordsError = update.action == .fail || update.action == .retry
        if let input = update.input {
            expect(update.action == .start, "input", "is recorded when the operation starts")
            if let fault = ValueRule.fault(in: input) { expect(false, "input", fault) }
        }
        if let output = update.output {
            expect(recordsOutput, "output", "is recorded by the action succeed, and when a marker starts")
            if let fault = ValueRule.fault(in: output) { expect(false, "output", fault) }
        }
        guard let error = update.error else {
            return expect(!recordsError, "error", "is required, expected an object")
        }
        expect(recordsError, "error", "is recorded by the actions fail and retry")
        let place = pointer.appending("error")
        if error.type.isEmpty {
            faults.append(JSONFault(pointer: place.appending("type"), message: "must not be empty"))
        }
        if let fault = error.details.flatMap({ ValueRule.fault(in: $0) }) {
            faults.append(JSONFault(pointer: place.appending("details"), message: fault))
        }
    }

    private mutating func checkOptions() {
        let options = update.options
        var inner = OperationUpdateRules(update: update, pointer: pointer.appending("options"))
        let isStart = update.action == .start
        let isTimer = isStart && update.type == .timer
        inner.expect(options.seconds, "seconds", isTimer, "is the length of a timer that starts")
        inner.expect(
            options.delaySeconds, "delay_seconds", update.action == .retry, "belongs to the action retry")
        inner.expect(
            options.attempt == nil || update.action == .retry, "attempt", "belongs to the action retry")
        let attempts = FieldBounds.stepAttempt
        inner.expect(
            options.attempt.map(attempts.contains) ?? true, "attempt",
            "must be from \(attempts.lowerBound) to \(attempts.upperBound)")
        inner.expect(
            options.timeoutSeconds, "timeout_seconds", isStart && update.type == .signal,
            "belongs to a wait for a signal that starts")
        inner.expect(options.until == nil || isTimer, "until", "is the end of a timer that starts")
        inner.expect(
            options.until == nil || options.seconds == nil, "until", "cannot be combined with seconds")
        if isTimer {
            inner.expect(
                options.seconds != nil || options.until != nil, "seconds",
                "is required, unless there is until")
        }
        let startsJob = isStart && update.type == .job
        inner.expect(!startsJob || options.job != nil, "job", "is required, expected an object")
        inner.expect(startsJob || options.job == nil, "job", "is the child job of an operation that starts")
        faults += inner.faults
    }

    private mutating func expect(_ seconds: Double?, _ field: String, _ isAllowed: Bool, _ use: String) {
        guard let seconds else { return }
        let range = FieldBounds.seconds
        expect(isAllowed, field, use)
        expect(range.contains(seconds), field, "must be from \(range.lowerBound) to \(range.upperBound)")
    }

    private mutating func checkJob() {
        guard let job = update.options.job else { return }
        let place = pointer.appending("options").appending("job")
        var inner = OperationUpdateRules(update: update, pointer: place)
        let reason = "must be absent, because the operation identifies the job"
        inner.expect(job.idempotencyKey == nil, "idempotency_key", reason)
        inner.expect(job.unique == nil, "unique", reason)
        inner.expect(job.ref == nil, "ref", reason)
        inner.expect(
            job.parentID == nil, "parent_id", "must be absent, because the job of the journal is the parent")
        faults += inner.faults
    }
}

extension OperationType {
    /// The actions that change an operation of this type.
    var actions: [OperationUpdate.Action] {
        switch self {
        case .step: [.start, .succeed, .fail, .retry]
        case .timer, .signal, .job: [.start, .cancel]
        case .group: [.start, .succeed, .fail]
        case .marker: [.start]
        }
    }
}
