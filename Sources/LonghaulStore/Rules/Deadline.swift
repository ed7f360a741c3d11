package import LonghaulCore

/// A moment at which maintenance handles a job.
package enum Deadline: CaseIterable, Sendable {
    /// The job must not start any more.
    case expiry
    /// The lease of the job ends.
    case leaseEnd
    /// A scheduled or retrying job becomes pending, or an operation that a suspended job waits for ends.
    case due
    /// The retention of an ended job is over.
    case removal
}

extension JobRow {
    /// When maintenance handles the job; nil if the deadline does not apply to it.
    package func moment(of deadline: Deadline) -> Timestamp? {
        switch (deadline, job.state) {
        case (.due, .suspended): wakeAt
        case (.expiry, .scheduled), (.expiry, .blocked), (.expiry, .pending), (.expiry, .retrying):
            job.spec.expiresAt
        case (.leaseEnd, .processing): leaseExpiresAt
        case (.due, .scheduled), (.due, .retrying): job.runAt
        case (.removal, .completed), (.removal, .failed), (.removal, .cancelled): purgeAt
        default: nil
        }
    }

    /// The earliest of its deadlines.
    package var nextDeadline: Timestamp? { Deadline.allCases.compactMap(moment).min() }
}

extension StoreTransaction {
    /// The time with which deadlines of a type are compared.
    package func time(of deadline: Deadline) -> Timestamp { deadline == .leaseEnd ? leaseClock.now : now }

    /// Whether maintenance must handle a job because of a deadline.
    package func isOverdue(_ row: JobRow, _ deadline: Deadline) -> Bool {
        row.moment(of: deadline).map { $0 <= time(of: deadline) } ?? false
    }
}
