import LonghaulCore

/// Webhooks: each end of a job with a `callback_url` has one.
extension Auditor {
    /// An end that a webhook reports.
    struct ReportedEnd: Hashable {
        let event: WebhookDelivery.Event
        let at: Timestamp
    }

    /// Whether a webhook is neither delivered nor failed.
    var hasPendingWebhooks: Bool { deliveries.values.contains { $0.state == .pending } }

    /// Follows a webhook that a transaction stored or changed. Checks that a claim of it is neither early nor late.
    func stored(_ webhook: StoredWebhook) {
        let delivery = webhook.delivery
        trace.note(
            delivery.id.low, UInt64(delivery.claim), UInt64(delivery.attemptCount),
            words: "\(name(of: delivery)) is \(delivery.state.rawValue), claim \(delivery.claim), "
                + "attempts \(delivery.attemptCount)")
        if let before = deliveries[delivery.id], delivery.claim > before.claim {
            let now = clock.now()
            if before.isClaimed, let moment = claimedAt[delivery.id],
                now.seconds(since: moment) < Receivers.timeoutSeconds
            {
                report("\(name(of: delivery)) was claimed again while it is sent")
            }
            claimedAt[delivery.id] = now
            if let due = before.dueAt { punctuality.expect("\(name(of: delivery)) was claimed", at: due) }
        }
        var listed = delivery
        listed.body = []
        deliveries[delivery.id] = listed
        if let kept = webhook.kept { added(delivery, keeping: kept) }
    }

    /// Follows a new webhook, with which the store removes all but the latest ones of the job.
    private func added(_ delivery: WebhookDelivery, keeping count: Int) {
        let job = delivery.jobID
        jobs[job]?.storedEnds.append(ReportedEnd(event: delivery.event, at: delivery.createdAt))
        jobs[job]?.webhooks.insert(delivery.id)
        for id in (jobs[job]?.webhooks ?? []).sorted(by: >).dropFirst(count) {
            jobs[job]?.webhooks.remove(id)
            deliveries[id] = nil
        }
    }

    /// Compares all webhooks of a store with those that were committed.
    func check(_ found: [WebhookDelivery]) {
        var left = deliveries
        for delivery in found {
            let name = name(of: delivery)
            guard let known = left.removeValue(forKey: delivery.id) else {
                report("\(name) is stored, but no commit stored it, or it was removed")
                continue
            }
            if known.state != delivery.state || known.claim != delivery.claim || known.dueAt != delivery.dueAt
            {
                report("\(name) differs from what was committed")
            }
        }
        for delivery in left.values.sorted(by: { $0.id < $1.id }) { report("\(name(of: delivery)) is lost") }
    }

    /// Forgets the webhooks of a job that is removed.
    func removeWebhooks(of id: JobID) {
        guard let ids = jobs[id]?.webhooks, !ids.isEmpty else { return }
        let now = clock.now()
        for delivery in ids.compactMap({ deliveries[$0] })
        where delivery.state == .pending && delivery.retryUntil > now {
            jobs[id]?.lostWebhook = true
        }
        for id in ids { deliveries[id] = nil }
        jobs[id]?.webhooks = []
    }

    /// Checks the jobs that maintenance has removed after their retention.
    func purged(_ ids: [JobID]) {
        for id in ids where jobs[id]?.lostWebhook == true {
            report("\(name(id)) was removed by maintenance while its webhook was still retried")
        }
    }

    /// The name of a webhook in reports.
    func name(of delivery: WebhookDelivery) -> String {
        "the webhook \(delivery.event.rawValue) of \(name(delivery.jobID))"
    }
}

extension Auditor.Model {
    /// Adds the end of a job with a `callback_url`.
    mutating func addEnd(_ change: JobChange) {
        guard submission?.spec.callbackURL != nil, let event = WebhookDelivery.Event(change.state) else {
            return
        }
        reportedEnds.append(Auditor.ReportedEnd(event: event, at: change.at))
    }
}
