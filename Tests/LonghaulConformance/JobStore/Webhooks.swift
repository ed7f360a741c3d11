import LonghaulCore
import LonghaulJSON
import LonghaulTestSupport
import Testing

extension JobStoreFixture {
    /// Submits a job whose end is reported.
    fileprivate func submitNotifying(
        to url: String = "https://a.example/done", _ change: (inout Submission) -> Void = { _ in }
    ) async throws -> Job {
        try await submit {
            $0.spec.callbackURL = url
            change(&$0)
        }
    }

    fileprivate func deliveries(of id: JobID) async throws -> [WebhookDelivery] {
        try await store.deliveries(WebhookDeliveryFilter(jobID: id), after: nil, limit: 50).deliveries
    }

    fileprivate func claimDeliveries(
        _ limit: Int = 50, perHost: Int = 50, to receivers: WebhookClaim.Receivers = .others(),
        busy: [String: Int] = [:]
    ) async throws -> ClaimedWebhooks {
        try await store.claimDeliveries(
            WebhookClaim(to: receivers, limit: limit, perHost: perHost, busy: busy, leaseSeconds: 30))
    }

    @discardableResult
    fileprivate func record(
        _ delivery: WebhookDelivery, _ status: Int, retryAfter: Double? = nil
    ) async throws -> WebhookDelivery? {
        let answer = WebhookAnswer(status: status, retryAfterSeconds: retryAfter)
        let attempt = WebhookAttempt(at: time.now(), seconds: 0.5, status: status, error: answer.error)
        let outcome = WebhookOutcome(of: delivery, attempt, answer.outcome)
        return try #require(await store.recordDeliveries([outcome]).first).get()
    }

    /// Cancels a job, and claims its delivery.
    fileprivate func claimedDelivery() async throws -> WebhookDelivery {
        let job = try await submitNotifying()
        try await cancel(job.id)
        return try #require(try await claimDeliveries().deliveries.first)
    }
}

/// The type of a webhook and its job, from the body.
private func content(_ delivery: WebhookDelivery) throws -> (type: String?, data: JSONNode) {
    let root = try JSONDocument(parsing: delivery.body).root
    return (root["type"]?.string, try #require(root["data"]))
}

extension JobStoreConformance {
    static let webhooks: [Case] = [
        Case("each end of a job with a callback URL creates one delivery") { t in
            let completed = try await t.submitNotifying()
            try await t.complete(t.lease().token, #"{"n":2}"#)
            let failed = try await t.submitNotifying { $0.spec.maxAttempts = 1 }
            try await t.fail(t.lease().token)
            let cancelled = try await t.submitNotifying()
            try await t.cancel(cancelled.id)
            let expired = try await t.submitNotifying { $0.spec.expiresAt = t.time.now().adding(seconds: 5) }
            let dependent = try await t.submitNotifying {
                $0.spec.onDependencyFailure = .fail
                $0.dependsOn = [failed.id]
            }
            let plain = try await t.submit()
            try await t.cancel(plain.id)
            t.time.advance(seconds: 6)
            _ = try await t.store.maintain(limit: 10)
            let expected: [(JobID, WebhookDelivery.Event)] = [
                (completed.id, .completed), (failed.id, .failed), (cancelled.id, .cancelled),
                (expired.id, .cancelled), (dependent.id, .failed),
            ]
            for (id, event) in expected {
                let found = try await t.deliveries(of: id)
                #expect(found.map(\.event) == [event])
                #expect(found.map(\.jobID) == [id])
                #expect(found.map(\.state) == [.pending])
                #expect(found.first?.dueAt == found.first?.createdAt)
                #expect(found.first?.body == [])
            }
            #expect(try await t.deliveries(of: plain.id) == [])
            #expect(try await t.store.webhookCounts() == WebhookCounts(pending: 5, failed: 0))
        },
        Case("the body of a webhook is the job without its payload") { t in
            let job = try await t.submitNotifying { $0.spec.tags = ["a": "b"] }
            try await t.complete(t.lease().token, #"{"n":2}"#)
            let delivery = try #require(try await t.claimDeliveries().deliveries.first)
            let (type, data) = try content(delivery)
            #expect(type == "job.completed")
            #expect(data["id"]?.string == job.id.description)
            #expect(data["state"]?.string == "completed")
            #expect(data["result"]?["n"]?.int == 2)
            #expect(data["attempts"]?.elements.count == 1)
            #expect(data["payload"] == nil)
            #expect(data["omitted"]?.elements.isEmpty == true)
        },
        Case("a webhook leaves out a result that is too large") { t in
            _ = try await t.submitNotifying()
            let large = "\"" + String(repeating: "x", count: 200_000) + "\""
            try await t.complete(t.lease().token, large)
            let delivery = try #require(try await t.claimDeliveries().deliveries.first)
            let (_, data) = try content(delivery)
            #expect(delivery.body.count < 10_000)
            #expect(data["result"] == nil)
            #expect(data["omitted"]?.elements.map(\.string) == ["result"])
        },
        Case("a job that is retried and ends again is reported again") { t in
            let job = try await t.submitNotifying { $0.spec.maxAttempts = 1 }
            try await t.fail(t.lease().token)
            try await t.retry(job.id)
            t.time.advance(seconds: 1)
            try await t.complete(t.lease().token)
            let found = try await t.deliveries(of: job.id)
            #expect(found.map(\.event) == [.completed, .failed])
            #expect(Set(found.map(\.id)).count == 2)
            let page = try await t.store.deliveries(
                WebhookDeliveryFilter(jobID: job.id), after: nil, limit: 1)
            #expect(page.deliveries == [found[0]])
            #expect(page.next == found[0].id)
            let rest = try await t.store.deliveries(
                WebhookDeliveryFilter(jobID: job.id), after: page.next, limit: 1)
            #expect(rest == WebhookDeliveryPage(deliveries: [found[1]]))
        },
        Case("a job keeps its latest deliveries") { t in
            let job = try await t.submitNotifying()
            try await t.cancel(job.id)
            let first = try #require(try await t.deliveries(of: job.id).first)
            for number in 0..<WebhookDelivery.maxPerJob {
                t.time.advance(seconds: 1)
                try await t.retry(job.id)
                try await t.cancel(job.id)
                guard number == WebhookDelivery.maxPerJob - 2 else { continue }
                #expect(try await t.store.webhookCounts().pending == WebhookDelivery.maxPerJob)
            }
            #expect(try await t.store.webhookCounts().pending == WebhookDelivery.maxPerJob)
            let kept = try await t.store.deliveries(
                WebhookDeliveryFilter(jobID: job.id), after: nil, limit: 200
            ).deliveries
            #expect(kept.count == WebhookDelivery.maxPerJob)
            #expect(!kept.map(\.id).contains(first.id))
        },
        Case("a completion whose next job is refused creates no delivery") { t in
            let job = try await t.submitNotifying()
            let lease = try await t.lease()
            let bad = t.submission { $0.dependsOn = [t.ids.next()] }
            #expect(await t.code { try await t.complete(lease.token, next: [bad]) } != nil)
            #expect(try await t.deliveries(of: job.id) == [])
            try await t.complete(lease.token)
            #expect(try await t.deliveries(of: job.id).count == 1)
        },
        Case("a delivery is claimed by one server until the claim ends") { t in
            let first = try await t.claimedDelivery()
            #expect(first.claim == 1)
            #expect(try await t.store.secondsToNextDelivery() == 30)
            #expect(try await t.claimDeliveries().deliveries == [])
            t.time.advance(seconds: 31)
            let second = try #require(try await t.claimDeliveries().deliveries.first)
            #expect(second.id == first.id)
            #expect(second.claim == 2)
            #expect(second.body == first.body)
            #expect(try await t.record(first, 200) == nil)
            #expect(try await t.record(second, 200)?.state == .delivered)
            #expect(try await t.record(second, 500) == nil)
            #expect(try await t.store.secondsToNextDelivery() == nil)
        },
        Case("a failed attempt is retried with back-off until the time for retries is over") { t in
            var delivery = try await t.claimedDelivery()
            var pauses: [Double] = []
            while let next = try #require(try await t.record(delivery, 500)).dueAt {
                pauses.append(next.seconds(since: t.time.now()))
                #expect(try await t.claimDeliveries().deliveries == [])
                t.time.set(next)
                delivery = try #require(try await t.claimDeliveries().deliveries.first)
            }
            #expect((12...20).contains(pauses.count))
            #expect((0.8...1.2).contains(pauses[0]))
            #expect((20_000...35_000).contains(pauses[pauses.count - 1]))
            let ended = try #require(try await t.deliveries(of: delivery.jobID).first)
            #expect(ended.state == .failed)
            #expect(ended.attemptCount == pauses.count + 1)
            #expect(ended.attempts.last?.status == 500)
            #expect(ended.attempts.last?.seconds == 0.5)
            #expect(ended.endedAt == t.time.now())
            #expect(try await t.store.webhookCounts() == WebhookCounts(pending: 0, failed: 1))
        },
        Case("a receiver decides about retries with 410 and Retry-After") { t in
            let gone = try await t.claimedDelivery()
            #expect(try await t.record(gone, 410)?.state == .failed)
            let busy = try await t.claimedDelivery()
            let delayed = try #require(try await t.record(busy, 429, retryAfter: 600))
            #expect(delayed.dueAt == t.time.now().adding(seconds: 600))
            t.time.advance(seconds: 600)
            let again = try #require(try await t.claimDeliveries().deliveries.first)
            let capped = try #require(try await t.record(again, 503, retryAfter: 1e12))
            #expect(capped.dueAt == t.time.now().adding(seconds: 86_400))
        },
        Case("a delivery is sent again on request") { t in
            let delivery = try await t.claimedDelivery()
            let unchanged = try await t.store.redeliver(delivery.id, of: delivery.jobID)
            #expect(unchanged.isClaimed)
            #expect(unchanged.dueAt == delivery.dueAt)
            try await t.record(delivery, 410)
            t.time.advance(seconds: 1000)
            let due = try await t.store.redeliver(delivery.id, of: delivery.jobID)
            #expect(due.state == .pending)
            #expect(due.dueAt == t.time.now())
            let again = try #require(try await t.claimDeliveries().deliveries.first)
            #expect(again.id == delivery.id)
            #expect(again.body == delivery.body)
            #expect(try await t.record(again, 204)?.attemptCount == 2)
            let other = try await t.submit()
            #expect(
                await t.code { _ = try await t.store.redeliver(delivery.id, of: other.id) } == .notFound)
        },
        Case("hosts take turns, and a busy host does not delay the others") { t in
            for url in [
                "https://b.example/1", "https://b.example/2", "https://B.example/3", "https://a.example/",
                "https://c.example/",
            ] {
                try await t.cancel(t.submitNotifying(to: url).id)
            }
            let rest = try await t.claimDeliveries(
                perHost: 3, to: .hosts(["b.example"]), busy: ["b.example": 3])
            #expect(rest.deliveries.isEmpty)
            let first = try await t.claimDeliveries(perHost: 2, busy: ["c.example": 2])
            #expect(first.deliveries.map(\.host) == ["a.example", "b.example", "b.example"])
            #expect(first.lastHost == nil)
            let second = try await t.claimDeliveries(1, perHost: 2, to: .others(after: "a.example"))
            #expect(second.deliveries.map(\.host) == ["b.example"])
            #expect(second.lastHost == "b.example")
            let third = try await t.claimDeliveries(1, perHost: 2, to: .others(after: "b.example"))
            #expect(third.deliveries.map(\.host) == ["c.example"])
            for _ in 0..<3 { try await t.cancel(t.submitNotifying(to: "https://d.example/").id) }
            let partly = try await t.claimDeliveries(perHost: 3, busy: ["d.example": 1])
            #expect(partly.deliveries.map(\.host) == ["d.example", "d.example"])
        },
        Case("a claim examines the hosts that it names, or all others") { t in
            for host in ["a", "b", "b", "c"] {
                try await t.cancel(t.submitNotifying(to: "https://\(host).example/").id)
            }
            let others = try await t.claimDeliveries(to: .others(except: ["a.example", "b.example"]))
            #expect(others.deliveries.map(\.host) == ["c.example"])
            let named = WebhookClaim.Receivers.hosts(["b.example", "none.example", "a.example", "c.example"])
            let first = try await t.claimDeliveries(2, to: named)
            #expect(first.deliveries.map(\.host) == ["b.example", "b.example"])
            #expect(first.lastHost == "b.example")
            let second = try await t.claimDeliveries(2, to: named)
            #expect(second.deliveries.map(\.host) == ["a.example"])
            #expect(second.lastHost == nil)
        },
        Case("a job stays until its webhook is delivered, and then its deliveries go with it") { t in
            let job = try await t.submitNotifying { $0.spec.retentionSeconds = 0 }
            try await t.cancel(job.id)
            t.time.advance(seconds: 1)
            #expect(try await t.store.maintain(limit: 10).purged == [])
            let delivery = try #require(try await t.claimDeliveries().deliveries.first)
            try await t.record(delivery, 200)
            t.time.advance(seconds: 60)
            #expect(try await t.store.maintain(limit: 10).purged == [job.id])
            #expect(try await t.deliveries(of: job.id) == [])
            let other = try await t.claimedDelivery()
            try await t.delete(other.jobID)
            #expect(try await t.record(other, 200) == nil)
            #expect(try await t.store.webhookCounts() == WebhookCounts())
        },
        Case("a webhook that no server delivers keeps its job until the time for retries is over") { t in
            let job = try await t.submitNotifying { $0.spec.retentionSeconds = 0 }
            try await t.cancel(job.id)
            t.time.advance(seconds: WebhookDelivery.defaultRetrySeconds + 60)
            #expect(try await t.store.maintain(limit: 10).purged == [job.id])
        },
        Case("deliveries are listed by state") { t in
            let failed = try await t.claimedDelivery()
            try await t.record(failed, 410)
            let waiting = try await t.submitNotifying()
            try await t.cancel(waiting.id)
            func list(_ state: WebhookDelivery.State) async throws -> [JobID] {
                try await t.store.deliveries(WebhookDeliveryFilter(state: state), after: nil, limit: 10)
                    .deliveries.map(\.jobID)
            }
            #expect(try await list(.failed) == [failed.jobID])
            #expect(try await list(.pending) == [waiting.id])
            #expect(try await list(.delivered) == [])
        },
    ]
}
