import LonghaulCore

/// One attempt, as its handler and the gateway of its worker saw it.
final class AttemptRecord: @unchecked Sendable {
    /// How the attempt must end on the server.
    enum Ending: Hashable {
        case completed
        case failed
        case timedOut
        case released
    }

    let token: LeaseToken
    let job: Job
    let worker: String
    /// When the worker sent the latest heartbeat whose answer confirmed the lease; the arrival of the lease before that.
    var confirmedAt: Timestamp
    /// When the handler began.
    var begunAt: Timestamp
    /// Whether an answer said that the lease has ended.
    var isGone = false
    /// The lines that the handler logged, in order.
    var lines: [String] = []
    /// The latest percentage that the handler reported. It only rises.
    var percent: Double?
    /// The endings that the rules allow; empty while the handler runs.
    var endings: Set<Ending> = []
    /// Whether the handler ignored its cancellation, so that the worker reported the attempt without it.
    var isOverdue = false

    init(token: LeaseToken, job: Job, worker: String, at now: Timestamp) {
        self.token = token
        self.job = job
        self.worker = worker
        confirmedAt = now
        begunAt = now
    }
}
