public import LonghaulCore

/// One connection to a broker. One thread uses it; its calls block.
///
/// A transport throws ``LonghaulError`` `unavailable` when the broker does not answer. The caller then closes it and
/// opens a new one.
public protocol BrokerTransport: AnyObject, SendableMetatype {
    /// The broker's identifier of a delivery.
    associatedtype Receipt: Sendable & Hashable

    /// Publishes IDs. When the call returns, the broker has accepted all of them.
    func publish(_ entries: [QueueEntry]) throws

    /// Waits for IDs in these lanes, higher bands first.
    ///
    /// - Parameters:
    ///   - limit: the maximum number of IDs.
    ///   - seconds: the maximum wait for the first ID.
    func fetch(_ lanes: Set<Lane>, limit: Int, seconds: Double) throws -> [BrokerDelivery<Receipt>]

    /// Acknowledges deliveries: the broker removes them.
    func acknowledge(_ receipts: [Receipt]) throws

    /// Returns deliveries that no worker of this server waits for.
    func requeue(_ receipts: [Receipt]) throws

    /// The number of IDs of a queue that the broker holds, including unacknowledged deliveries if the broker counts them;
    /// nil if unknown. If the number is too low, some IDs are published twice, which has no effect.
    ///
    /// - Parameter kinds: the kinds that this server knows, for brokers that keep no list of kinds.
    func held(of queue: String, kinds: Set<String>) throws -> Int?

    /// The kinds of a queue that were ever published; empty if the broker keeps no list.
    func kinds(of queue: String) throws -> Set<String>

    /// Throws unless the broker answers.
    func check() throws

    /// The interval of calls of ``rest()`` while no worker waits, in seconds; nil for none.
    static var restSeconds: Double? { get }

    /// Called while no worker waits.
    func rest() throws

    /// Closes the connection.
    func close()
}

extension BrokerTransport {
    /// None: most brokers need nothing while no worker waits.
    public static var restSeconds: Double? { nil }

    /// Does nothing.
    public func rest() throws {}
}

/// An ID that a broker delivered.
public struct BrokerDelivery<Receipt: Sendable & Hashable>: Sendable {
    /// The broker's identifier of the delivery.
    public var receipt: Receipt
    /// The lane that it came from.
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
