public import LonghaulCore

/// One connection to a broker, as a thread of its own uses it: its calls block.
///
/// A transport throws ``LonghaulError`` `unavailable` when the broker does not answer; it is then closed and
/// another one made.
public protocol BrokerTransport: AnyObject, SendableMetatype {
    /// What the broker wants back to know which delivery is meant.
    associatedtype Receipt: Sendable & Hashable

    /// Hands identifiers over. When the call returns, the broker has taken every one of them.
    func publish(_ entries: [QueueEntry]) throws

    /// Waits for identifiers of these lanes, those of higher bands first.
    ///
    /// - Parameters:
    ///   - limit: at most so many.
    ///   - seconds: how long to wait for the first.
    func fetch(_ lanes: Set<Lane>, limit: Int, seconds: Double) throws -> [BrokerDelivery<Receipt>]

    /// Tells that deliveries were dealt with: the broker forgets them.
    func acknowledge(_ receipts: [Receipt]) throws

    /// Gives deliveries back that nobody here has a use for now.
    func giveBack(_ receipts: [Receipt]) throws

    /// How many identifiers of a queue the broker holds, those delivered and not yet acknowledged included if it can
    /// count them; nil if it cannot tell. Where it answers too few, some are sent once too often, which does nothing.
    ///
    /// - Parameter kinds: those that this server knows of, for brokers that keep no list of them.
    func held(of queue: String, kinds: Set<String>) throws -> Int?

    /// The kinds of a queue that were ever published, as far as the broker knows; empty if it keeps none.
    func kinds(of queue: String) throws -> Set<String>

    /// Throws unless the broker answers.
    func check() throws

    /// Closes the connection.
    func close()
}

/// An identifier that a broker delivered.
public struct BrokerDelivery<Receipt: Sendable & Hashable>: Sendable {
    /// What the broker wants back.
    public var receipt: Receipt
    /// Where it lay.
    public var lane: Lane
    /// The job.
    public var id: JobID

    /// A delivery.
    public init(receipt: Receipt, lane: Lane, id: JobID) {
        self.receipt = receipt
        self.lane = lane
        self.id = id
    }
}
