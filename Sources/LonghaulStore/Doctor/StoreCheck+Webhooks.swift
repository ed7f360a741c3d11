package import LonghaulCore

/// A webhook delivery, as a check finds it.
package struct InspectedDelivery {
    /// Its ID.
    package let id: JobID
    /// Whether its job exists.
    package let hasJob: Bool
    /// The host under which claims find it.
    package let host: String
    /// The delivery without its body, or the error of reading its row.
    package let delivery: Result<WebhookDelivery, any Error>

    package init(id: JobID, hasJob: Bool, host: String, _ delivery: Result<WebhookDelivery, any Error>) {
        self.id = id
        self.hasJob = hasJob
        self.host = host
        self.delivery = delivery
    }

    /// The time, in seconds, within which the next attempt of every pending delivery is due. A receiver can ask for a pause
    /// of one day at most, and a claim is shorter.
    private static let maxPauseSeconds = 172_800.0

    /// What is wrong, in one sentence; nil if nothing is.
    fileprivate func problem(at now: Timestamp) -> String? {
        guard hasJob else { return "the webhook delivery \(id) belongs to no job" }
        switch delivery {
        case .failure(let error): return "the webhook delivery \(id) cannot be read: \(error)"
        case .success(let delivery):
            let name = "the webhook delivery \(id) of job \(delivery.jobID)"
            switch (delivery.state, delivery.dueAt) {
            case (.pending, nil): return "\(name) is pending, but has no next attempt"
            case (.pending, let due?) where due > now.adding(seconds: Self.maxPauseSeconds):
                return "\(name) is \(delivery.isClaimed ? "claimed" : "delayed") until \(due)"
            case (.delivered, _?), (.failed, _?): return "\(name) has ended, but has a next attempt"
            default: return host == delivery.host ? nil : "\(name) is stored under the host \"\(host)\""
            }
        }
    }
}

/// The query of the check of webhook deliveries.
package protocol DeliveryInspector: SendableMetatype {
    /// Passes every delivery to `body`.
    func eachDelivery(_ body: (InspectedDelivery) throws -> Void) throws
}

/// The repairs of webhook deliveries, beside the verbs of a transaction.
package protocol DeliveryRepairer: DeliveryInspector {
    /// Deletes a delivery.
    func removeDelivery(_ id: JobID) throws
    /// Forgets the attempts of a delivery whose row cannot be read. If its state is unknown, the delivery is due now.
    func resetDelivery(_ id: JobID) throws
    /// Corrects the host under which claims find a delivery.
    func setHost(_ host: String, ofDelivery id: JobID) throws
}

extension StoreCheck where Reader: DeliveryInspector, Transaction: StoreTransaction & DeliveryRepairer {
    package static var webhooks: StoreCheck {
        StoreCheck(
            name: "webhooks",
            look: { reader, now in
                var symptom = Symptom()
                try reader.eachDelivery { found in
                    if let problem = found.problem(at: now) { symptom.add(problem) }
                }
                return symptom
            },
            repair: { transaction in
                let now = transaction.now
                var broken: [InspectedDelivery] = []
                try transaction.eachDelivery { if $0.problem(at: now) != nil { broken.append($0) } }
                for found in broken { try transaction.repair(found) }
            })
    }
}

extension StoreTransaction where Self: DeliveryRepairer {
    /// Corrects a delivery. A receiver may get a webhook twice, so sending it again is always allowed.
    fileprivate func repair(_ found: InspectedDelivery) throws {
        guard found.hasJob else { return try removeDelivery(found.id) }
        guard case .success(var delivery) = found.delivery else { return try resetDelivery(found.id) }
        delivery.isClaimed = false
        delivery.dueAt = delivery.state == .pending ? now : nil
        try update(delivery)
        try setHost(delivery.host, ofDelivery: found.id)
    }
}
