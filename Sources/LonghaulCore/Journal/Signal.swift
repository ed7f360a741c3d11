public import LonghaulJSON

/// A message to a durable job. An operation of type ``OperationType/signal`` with its name consumes it.
public struct Signal: Sendable, Hashable {
    /// Its name, 1–200 characters.
    public var name: String
    /// What it carries: any JSON value.
    public var value: JSONText
    /// A digest of 32 bytes of the caller and the idempotency key; nil without one.
    public var key: [UInt8]?

    /// A signal with this value.
    public init(name: String, value: JSONText = .null, key: [UInt8]? = nil) {
        self.name = name
        self.value = value
        self.key = key
    }
}

/// A signal as the store has it.
public struct StoredSignal: Sendable, Hashable {
    /// Its position among the job's signals, from 1.
    public var number: Int64
    /// The signal.
    public var signal: Signal
    /// When it arrived.
    public var receivedAt: Timestamp
    /// The number of the operation that consumed it; nil while it is kept.
    public var consumedBy: Int64?

    /// A signal that no operation has consumed.
    public init(number: Int64, signal: Signal, receivedAt: Timestamp) {
        self.number = number
        self.signal = signal
        self.receivedAt = receivedAt
    }
}

/// Permits one signal to one waiting operation, without an API key: for links in messages to people.
///
/// Like a ``LeaseToken``, it contains what finds the operation, and 64 random bits that prevent guessing.
public struct SignalToken: Sendable, Hashable {
    /// The job.
    public let jobID: JobID
    /// The number of the operation in the journal.
    public let number: Int64
    /// 64 random bits.
    public let secret: UInt64

    /// The token of this operation.
    public init(jobID: JobID, number: Int64, secret: UInt64) {
        self.jobID = jobID
        self.number = number
        self.secret = secret
    }
}

extension SignalToken: LosslessStringConvertible {
    /// `lhs_` and 64 hexadecimal digits.
    public var description: String {
        "lhs_" + LeaseToken(jobID: jobID, fence: Int(number), secret: secret).description
    }

    /// Parses the text form. Nil for any other text.
    public init?(_ text: String) {
        guard text.hasPrefix("lhs_"), let token = LeaseToken(String(text.dropFirst(4))) else { return nil }
        self.init(jobID: token.jobID, number: Int64(token.fence), secret: token.secret)
    }
}
