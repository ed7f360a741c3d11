import LonghaulCore
import LonghaulJSON
import LonghaulTestSupport
import Testing

extension JobStoreFixture {
    /// Runs a body with a source of changes.
    func by<Value>(
        _ caller: String = "boss", _ body: () async throws -> Value
    ) async throws -> Value {
        let source = AuditSource(
            caller: caller, keyID: "0123456789abcdef", client: "192.0.2.7", requestID: "request-1")
        return try await AuditSource.$current.withValue(source, operation: body)
    }

    /// All records, oldest first. Checks their chain.
    @discardableResult
    func records(_ filter: AuditFilter = AuditFilter()) async throws -> [AuditRecord] {
        let verification = try await AuditVerification.run {
            try await store.auditRecords(AuditFilter(), before: $0, limit: 3)
        }
        #expect(verification.breaks.isEmpty, "\(verification.breaks)")
        return try await store.auditRecords(filter, before: nil, limit: 1000).records.reversed()
    }

    fileprivate func actions() async throws -> [AuditAction] { try await records().map(\.entry.action) }

    fileprivate func putSchedule(paused: Bool = false, cron: String = "0 3 * * *") async throws {
        var spec = ScheduleSpec(
            cron: try CronExpression(parsing: cron), job: NewJob(JobSpec(kind: "report")))
        spec.job.spec.payload = json(#"{"password":"secret-payload"}"#)
        spec.paused = paused
        _ = try await store.putSchedule("nightly", spec, caller: "boss", firstRunAt: nil)
    }
}

extension JobStoreConformance {
    static let auditLog: [Case] = auditedJobs + auditedSettings + auditedMachines + auditChain

    private static let auditedJobs: [Case] = [
        Case("a change without a source has no audit record") { t in
            let job = try await t.submit()
            try await t.cancel(job.id)
            _ = try await t.store.setQueue("mail", QueueSettings(maxDepth: 5))
            #expect(try await t.records().isEmpty)
        },
        Case("a change with a source has one audit record, with who, from where, before and after") { t in
            let job = try await t.submit()
            try await t.by { _ = try await t.cancel(job.id) }
            let records = try await t.records()
            let record = try #require(records.first)
            #expect(records.count == 1 && record.number == 1)
            #expect(record.entry.at == t.time.now() && record.entry.action == .cancelJob)
            #expect(record.entry.source.caller == "boss" && record.entry.source.client == "192.0.2.7")
            #expect(record.entry.source.keyID == "0123456789abcdef")
            #expect(record.entry.source.requestID == "request-1")
            #expect(record.entry.subjects == [job.id.description] && record.entry.count == 1)
            #expect(record.entry.before == json(#"{"state":"pending","queue":"default","kind":"work"}"#))
            #expect(record.entry.after == json(#"{"state":"cancelled","queue":"default","kind":"work"}"#))
        },
        Case("a refused change has no audit record") { t in
            let job = try await t.submit()
            try await t.by {
                _ = await t.store.retry([job.id])
                _ = await t.store.delete([job.id, JobID(high: 1, low: 1)])
                _ = await t.store.resolveDeadLetters([job.id], by: .redrive, matching: JobFilter())
                _ = try await t.store.revokeKey("0000000000000000")
                _ = try await t.store.deleteSchedule("none")
                _ = try await t.store.deleteWorker("none")
                _ = try await t.store.deleteQueue("none")
            }
            #expect(try await t.records().isEmpty)
        },
        Case("the changes of one transaction have one audit record with their number and IDs") { t in
            var ids: [JobID] = []
            for _ in 0..<3 { ids.append(try await t.submit().id) }
            try await t.cancel(ids[2])
            try await t.by { _ = await t.store.cancel(ids) }
            let record = try #require(try await t.records().first)
            #expect(record.entry.count == 2)
            #expect(record.entry.subjects == ids.prefix(2).map(\.description))
            #expect(record.entry.before == json(#"{"states":{"pending":2}}"#))
            #expect(record.entry.after == json(#"{"states":{"cancelled":2}}"#))
        },
        Case("operator actions on durable jobs have audit records") { t in
            let (id, lease) = try await t.durable()
            try await t.step(lease.token, "1")
            try await t.by {
                try await t.signal(id)
                _ = try await t.store.pause(id)
                _ = try await t.store.resume(id)
                try await t.release(lease.token)
                _ = try await t.store.restart(id, from: "1")
                _ = try? await t.store.fork(id, from: "1", as: t.ids.next(), caller: "boss")
            }
            try await t.step(try await t.leaseDurable().token, "1")
            try await t.by { _ = try await t.store.fork(id, from: "1", as: t.ids.next(), caller: "boss") }
            #expect(
                try await t.actions() == [.signalJob, .pauseJob, .resumeJob, .restartJob, .forkJob])
        },
        Case("operator actions on jobs have audit records") { t in
            let job = try await t.submit { $0.spec.maxAttempts = 1 }
            try await t.fail(t.lease().token)
            try await t.by {
                _ = await t.store.resolveDeadLetters([job.id], by: .redrive, matching: JobFilter())
                _ = try await t.cancel(job.id)
                _ = try await t.retry(job.id)
                _ = await t.store.purge("default", [job.id])
                try await t.delete(job.id)
            }
            let failed = try await t.submit { $0.spec.maxAttempts = 1 }
            try await t.fail(t.lease().token)
            try await t.by {
                _ = await t.store.resolveDeadLetters([failed.id], by: .discard, matching: JobFilter())
            }
            #expect(
                try await t.actions() == [
                    .redriveDeadLetter, .cancelJob, .retryJob, .purgeQueue, .deleteJob, .discardDeadLetter,
                ])
            let records = try await t.records()
            #expect(records[3].entry.subjects == ["default", job.id.description])
            #expect(records[4].entry.before != nil && records[4].entry.after == nil)
        },
        Case("a purge leaves running jobs and jobs of other queues") { t in
            let running = try await t.submit()
            _ = try await t.lease()
            let other = try await t.submit { $0.spec.queue = "mail" }
            let waiting = try await t.submit()
            try await t.by {
                let answers = await t.store.purge("default", [running.id, other.id, waiting.id])
                #expect(answers.map { (try? $0.get())?.id } == [nil, nil, waiting.id])
            }
            #expect(try await t.store.job(running.id)?.state == .processing)
            #expect(try await t.store.job(other.id)?.state == .pending)
            #expect(try await t.records().map(\.entry.subjects) == [["default", waiting.id.description]])
        },
        Case("cancelled descendants have an audit record with their ancestor") { t in
            let parent = try await t.submit()
            let lease = try await t.lease()
            for _ in 0..<2 { _ = try await t.submit { $0.parentID = parent.id } }
            try await t.by {
                let counts = [
                    try await t.store.cancelDescendants(of: lease.job.id, limit: 10),
                    try await t.store.cancelDescendants(of: lease.job.id, limit: 10),
                ]
                #expect(counts == [2, 0])
            }
            let record = try #require(try await t.records().first)
            #expect(record.entry.action == .cancelJob && record.entry.count == 2)
            #expect(record.entry.after?.description.contains(parent.id.description) == true)
            #expect(try await t.records().count == 1)
        },
    ]

    private static let auditedSettings: [Case] = [
        Case("changes of queues have audit records, and repeated settings have none") { t in
            try await t.by {
                _ = try await t.store.setQueue("mail", QueueSettings(maxDepth: 5))
                _ = try await t.store.setQueue("mail", QueueSettings(maxDepth: 5))
                _ = try await t.store.setQueue("mail", QueueSettings(maxDepth: 5, paused: true))
                _ = try await t.store.setQueue("mail", QueueSettings(maxDepth: 5))
                _ = try await t.store.setQueue("mail", QueueSettings(maxDepth: 6, paused: true))
                _ = try await t.store.deleteQueue("mail")
                _ = try await t.store.deleteQueue("mail")
            }
            #expect(
                try await t.actions() == [.setQueue, .pauseQueue, .resumeQueue, .setQueue, .deleteQueue])
            let records = try await t.records()
            #expect(records.allSatisfy { $0.entry.subjects == ["mail"] })
            #expect(records[0].entry.before == nil && records[4].entry.after == nil)
            #expect(records[1].entry.before == records[0].entry.after)
        },
        Case("changes of the routing table have audit records") { t in
            let table = RoutingTable(rules: [RoutingTable.Rule(kinds: ["a.*"], labels: nil, queue: "mail")])
            try await t.by {
                try await t.store.setRouting(table)
                try await t.store.setRouting(table)
                try await t.store.setRouting(RoutingTable())
            }
            let records = try await t.records()
            #expect(records.map(\.entry.action) == [.setRouting, .setRouting])
            #expect(records[0].entry.before == json(#"{"rules":[]}"#))
            #expect(records[1].entry.before == records[0].entry.after)
        },
        Case("changes of schedules have audit records without payloads") { t in
            try await t.by {
                try await t.putSchedule()
                try await t.putSchedule()
                try await t.putSchedule(paused: true)
                try await t.putSchedule()
                try await t.putSchedule(cron: "0 4 * * *")
                guard let record = try await t.store.schedule("nightly") else {
                    throw TestFailure("no schedule")
                }
                let firing = ScheduleFiring(
                    schedule: record, advance: nil, submission: t.submission("report"))
                _ = try await t.store.fireSchedule(firing)
                _ = try await t.store.deleteSchedule("nightly")
            }
            let records = try await t.records()
            #expect(
                records.map(\.entry.action) == [
                    .setSchedule, .pauseSchedule, .resumeSchedule, .setSchedule, .runSchedule,
                    .deleteSchedule,
                ])
            let text = records.map { "\($0)" }.joined()
            #expect(!text.contains("secret-payload"))
            #expect(!records.contains { $0.entry.after?.description.contains("secret-payload") == true })
        },
        Case("changes of API keys have audit records without digests") { t in
            let id = "00000000000000aa"
            try await t.by {
                _ = try await t.store.createKey(
                    APIKey(
                        id: id, name: "worker", grant: KeyGrant(scopes: [.work]), digest: SHA256.digest([7]),
                        createdAt: t.time.now(), createdBy: "boss"))
                let new = APIKeyReplacement(id: "00000000000000bb", digest: [1], createdBy: "boss")
                _ = try await t.store.rotateKey(id, to: new, overlapSeconds: 60)
                _ = try await t.store.revokeKey(id)
                _ = try await t.store.revokeKey(id)
                try await t.store.recordKeyUses([id: t.time.now()])
            }
            let records = try await t.records()
            #expect(records.map(\.entry.action) == [.createKey, .rotateKey, .revokeKey])
            #expect(records[1].entry.subjects == [id, "00000000000000bb", "worker"])
            let digest = SHA256.hexadecimal(SHA256.digest([7]))
            for value in records.flatMap({ [$0.entry.before, $0.entry.after] }).compactMap({ $0?.description }
            ) {
                #expect(!value.contains(digest) && value.contains("worker"))
            }
        },
        Case("a webhook that is sent again has an audit record") { t in
            let job = try await t.submit { $0.spec.callbackURL = "https://a.example/?token=secret" }
            try await t.cancel(job.id)
            t.time.advance(seconds: 1)
            let page = try await t.store.deliveries(
                WebhookDeliveryFilter(jobID: job.id), after: nil, limit: 5)
            let delivery = try #require(page.deliveries.first)
            try await t.by { _ = try await t.store.redeliver(delivery.id, of: job.id) }
            let records = try await t.records()
            #expect(records.map(\.entry.action) == [.redeliverWebhook])
            #expect(records[0].entry.subjects == [delivery.id.description, job.id.description])
        },
        Case("a large state is replaced by its digest") { t in
            let rule = RoutingTable.Rule(
                kinds: (0..<100).map { "\($0)" + String(repeating: "k", count: 90) }, labels: nil, queue: "a")
            try await t.by { try await t.store.setRouting(RoutingTable(rules: [rule])) }
            let after = try #require(try await t.records().first?.entry.after).description
            #expect(after.contains("sha256") && after.utf8.count < 200)
        },
    ]

    private static let auditChain: [Case] = [
        Case("audit records are filtered by action, caller, subject and time") { t in
            try await t.by("one") { _ = try await t.store.setQueue("a", QueueSettings(maxDepth: 1)) }
            t.time.advance(seconds: 10)
            let middle = t.time.now()
            try await t.by("two") { _ = try await t.store.setQueue("b", QueueSettings(maxDepth: 1)) }
            t.time.advance(seconds: 10)
            try await t.by("two") { _ = try await t.store.deleteQueue("a") }
            func numbers(_ change: (inout AuditFilter) -> Void) async throws -> [Int64] {
                var filter = AuditFilter()
                change(&filter)
                return try await t.records(filter).map(\.number)
            }
            #expect(try await numbers { $0.action = .setQueue } == [1, 2])
            #expect(try await numbers { $0.caller = "two" } == [2, 3])
            #expect(try await numbers { $0.subject = "a" } == [1, 3])
            #expect(try await numbers { $0.createdAfter = middle } == [2, 3])
            #expect(try await numbers { $0.createdBefore = middle } == [1])
            #expect(
                try await numbers {
                    $0.caller = "two"
                    $0.subject = "b"
                } == [2])
        },
        Case("audit records have pages") { t in
            try await t.by {
                for depth in 1...5 { _ = try await t.store.setQueue("a", QueueSettings(maxDepth: depth)) }
            }
            let first = try await t.store.auditRecords(AuditFilter(), before: nil, limit: 2)
            #expect(first.records.map(\.number) == [5, 4] && first.next == 4 && first.chain.last.number == 5)
            let second = try await t.store.auditRecords(AuditFilter(), before: first.next, limit: 2)
            #expect(second.records.map(\.number) == [3, 2] && second.next == 2)
            let third = try await t.store.auditRecords(AuditFilter(), before: second.next, limit: 2)
            #expect(third.records.map(\.number) == [1] && third.next == nil)
        },
        Case("old audit records are removed, and the rest is still a chain") { t in
            for depth in 1...3 {
                try await t.by { _ = try await t.store.setQueue("a", QueueSettings(maxDepth: depth)) }
                t.time.advance(seconds: 100)
            }
            #expect(try await t.store.removeAuditRecords(olderThanSeconds: 350, limit: 10) == false)
            #expect(try await t.records().count == 3)
            #expect(try await t.store.removeAuditRecords(olderThanSeconds: 150, limit: 1))
            #expect(try await t.store.removeAuditRecords(olderThanSeconds: 150, limit: 10) == false)
            let left = try await t.records()
            #expect(left.map(\.number) == [3])
            let chain = try await t.store.auditRecords(AuditFilter(), before: nil, limit: 1).chain
            #expect(left.first?.expectedHash(after: chain.removed.hash) == left.first?.hash)
            _ = try await t.store.removeAuditRecords(olderThanSeconds: 0.001, limit: 10)
            try await t.by { _ = try await t.store.setQueue("b", QueueSettings(maxDepth: 1)) }
            #expect(try await t.records().map(\.number) == [4])
        },
        Case("concurrent changes give one chain") { t in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        try await t.by("caller-\(number)") {
                            _ = try await t.store.setQueue("q\(number)", QueueSettings(maxDepth: 7))
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await t.records().map(\.number) == Array(1...20))
        },
    ]
}
