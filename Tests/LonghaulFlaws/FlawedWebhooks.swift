import LonghaulCore
import LonghaulStore

/// Leaves the webhooks of ended jobs to a second transaction.
final class LaterWebhook: VerbWrapper {
    let inner: any StoreTransaction
    private let context: FlawContext

    /// The verbs of a transaction with this flaw; `inner` itself in the second transaction.
    static func wrap(_ inner: any StoreTransaction, _ context: FlawContext) -> any StoreTransaction {
        context.webhooks == nil ? inner : LaterWebhook(inner: inner, context: context)
    }

    private init(inner: any StoreTransaction, context: FlawContext) {
        self.inner = inner
        self.context = context
    }

    func insert(_ delivery: WebhookDelivery, of row: JobRow, keeping count: Int) throws {
        context.webhooks?.append(FlawContext.WithheldWebhook(delivery: delivery, row: row, kept: count))
    }
}

/// Lets a claim of a webhook end at once.
final class LeaselessClaim: VerbWrapper {
    let inner: any StoreTransaction

    init(inner: any StoreTransaction) {
        self.inner = inner
    }

    func update(_ delivery: WebhookDelivery) throws {
        var delivery = delivery
        if delivery.isClaimed { delivery.dueAt = now }
        try inner.update(delivery)
    }
}
