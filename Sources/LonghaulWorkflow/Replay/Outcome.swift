import LonghaulCore
import LonghaulJSON

/// How an operation ended.
enum Outcome: Sendable {
    case success(JSONText)
    case failure(JobError)

    /// The outcome of a recorded operation; nil if it has not ended, or if the code cancelled it: the code cancels it
    /// again at a replay.
    init?(_ operation: JournalOperation) {
        switch operation.status {
        case .started, .waiting, .cancelled: return nil
        case .succeeded: self = .success(operation.output ?? .null)
        case .failed:
            let error = operation.error ?? JobError(type: "failed", message: "the operation failed")
            if operation.type == .step, error.type == JournalOperation.stepCancelled { return nil }
            self = .failure(error)
        }
    }

    /// The output.
    ///
    /// - Throws: ``OperationFailure``.
    func output() throws -> JSONText {
        switch self {
        case .success(let output): return output
        case .failure(let error): throw OperationFailure(error: error)
        }
    }
}

/// The code must end without effect: the attempt is over, and the next one runs the code again.
struct Unwinding: Error {}

/// The error of an operation that failed, before it has the type that the code receives.
struct OperationFailure: Error {
    var error: JobError
}

extension JobError {
    /// The error of a step that the code has cancelled.
    static let stepCancelled = JobError(
        type: JournalOperation.stepCancelled, message: "the code cancelled the step", retryable: false)
}

/// Identifiers that do not depend on the position in the code.
enum OperationID {
    /// The markers of the order in which outcomes were delivered.
    static let order = "order/"
    /// The steps that run compensations.
    static let compensate = "compensate/"
    /// The markers that register compensations. The store knows this prefix.
    static let compensation = "compensation/"
    /// The marker of the error with which a job with compensations fails.
    static let failure = "failure"
    /// The markers of the versions of changes.
    static let version = "version/"

    /// Whether the operation is not one that the code asks for.
    static func isReserved(_ id: String) -> Bool {
        id.hasPrefix(order) || isCompensation(id) || id == failure
    }

    /// Whether the job cannot be undone without the operation.
    static func isNeededToUndo(_ id: String) -> Bool {
        isCompensation(id) || id.hasPrefix(compensation) || id == failure
    }

    /// Whether the operation is a step that runs a compensation.
    static func isCompensation(_ id: String) -> Bool { id.hasPrefix(compensate) }
}

extension OperationUpdate {
    /// The request as the server must see it to find that it differs from the recorded operation in its place.
    func instead(of recorded: JournalOperation) -> OperationUpdate {
        guard type == recorded.type, name == recorded.name else {
            var request = self
            request.id = recorded.id
            return request
        }
        let place = id.isEmpty ? "" : " at \(id)"
        return OperationUpdate(
            .start, recorded.type == .marker ? .group : .marker, id: recorded.id,
            name: "\(type.rawValue) \(name.prefix(100))\(place)")
    }

    /// An upper estimate of its size in a request, in bytes.
    var size: Int {
        let job = options.job.map { $0.spec.payload.bytes.count + 1024 } ?? 0
        let details = (error?.message.utf8.count ?? 0) + (error?.details?.bytes.count ?? 0)
        return 512 + name.utf8.count * 2 + (input?.bytes.count ?? 0) + (output?.bytes.count ?? 0) + details
            * 2 + job
    }
}
