import LonghaulCore
import LonghaulWorker
public import LonghaulWorkflow

/// An order: stock, approval, payment, invoice, shipping. The same process as `process.py`.
public struct OrderProcess: DurableJob {
    /// The payload.
    public struct Order: Codable, Sendable {
        var id: Int
        var amount: Int
        var product: String?
        /// How long a person has to approve the order, in seconds.
        var approve_within: Double
        /// How long the parcel waits before it is shipped, in seconds.
        var pickup_after: Double
    }

    /// The result.
    public struct Shipment: Codable, Sendable, Hashable {
        var payment: String
        var invoice: String
    }

    struct Invoice: Codable {
        var invoice: String
    }

    /// What the approval page sends.
    struct Approval: Codable {
        var approved: Bool
    }

    public static let kind = "order"
    let systems: any OrderSystems
    let server: String

    /// The process of these systems, with approval links to a server.
    public init(systems: any OrderSystems, server: String) {
        self.systems = systems
        self.server = server
    }

    public func run(_ order: Order, in flow: Flow) async throws -> Shipment {
        try await flow.step("reserve stock") { try await systems.record("reserve \(order.id)", in: "stock") }
        try await flow.compensate("release stock") {
            try await systems.record("release \(order.id)", in: "stock")
        }
        if order.amount > 100 { try await waitForApproval(of: order, flow) }

        let payment = try await flow.step("charge") { step in
            try await systems.record("charge \(order.id) \(order.amount) \(step.key)", in: "bank")
            return "payment-\(order.id)"
        }
        try await flow.compensate("refund") { try await systems.record("refund \(order.id)", in: "bank") }
        let invoice = try await flow.call(kind: "invoice", order, as: Invoice.self) { job in
            job.spec.queue = "invoices"
            job.spec.maxAttempts = 1
        }
        try await flow.sleep(for: .seconds(order.pickup_after))
        try await flow.step("ship") { try await systems.record("ship \(order.id)", in: "parcels") }
        return Shipment(payment: payment, invoice: invoice.invoice)
    }

    private func waitForApproval(of order: Order, _ flow: Flow) async throws {
        let approval = try await flow.openSignal(
            "approved", as: Approval.self, within: .seconds(order.approve_within))
        try await flow.step("ask for approval") {
            try await systems.record("\(order.id) \(server)/v1/signals/\(approval.token)", in: "mail")
        }
        guard try await approval.valueInTime()?.approved ?? false else {
            throw JobFailure.permanent("the order was not approved", type: "order_failed")
        }
    }
}

/// The systems that an order changes.
public protocol OrderSystems: Sendable {
    /// Records a change in a system.
    func record(_ change: String, in system: String) async throws
}
