import LonghaulCore

/// The checks of webhooks at the end of a run.
struct WebhookChecks {
    /// More than any run has.
    static let maxDeliveries = 100_000

    let world: World
    private var auditor: Auditor { world.auditor }

    func check(_ store: any JobStore) async throws {
        guard world.scenario.webhooks > 0 else { return }
        var found: [WebhookDelivery] = []
        for state in WebhookDelivery.State.allCases {
            let filter = WebhookDeliveryFilter(state: state)
            found += try await store.deliveries(filter, after: nil, limit: Self.maxDeliveries).deliveries
        }
        auditor.check(found)
        for delivery in found { check(delivery) }
        for (id, model) in auditor.jobs.sorted(by: { $0.key < $1.key }) { checkEnds(model, of: id) }
    }

    /// Checks that each end stored one webhook, and nothing else did.
    private func checkEnds(_ model: Auditor.Model, of id: JobID) {
        var left = model.storedEnds
        for end in model.reportedEnds {
            guard let index = left.firstIndex(of: end) else {
                auditor.report(
                    "\(auditor.name(id)) has no webhook \(end.event.rawValue) for its end at \(end.at)")
                continue
            }
            left.remove(at: index)
        }
        for end in left {
            auditor.report(
                "\(auditor.name(id)) has a webhook \(end.event.rawValue) for an end at \(end.at) that did not occur"
            )
        }
    }

    private func check(_ delivery: WebhookDelivery) {
        let name = auditor.name(of: delivery)
        let receivers = world.receivers
        switch delivery.state {
        case .pending: auditor.report("\(name) is neither delivered nor failed at the end")
        case .delivered:
            if !receivers.accepted.contains(delivery.id) {
                auditor.report("\(name) is delivered, but no receiver has accepted it")
            }
        case .failed:
            if delivery.attemptCount == 0 { auditor.report("\(name) has failed without an attempt") }
        }
        if delivery.attemptCount > receivers.attemptCount(of: delivery.id) {
            auditor.report("\(name) counts an attempt that no receiver got")
        }
    }
}
