import LonghaulCore
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    static let overload: [Case] = [
        Case("the error of a full queue names the limit and the number of excess jobs") { t in
            _ = try await t.store.setQueue("default", QueueSettings(maxDepth: 2, maxWaiting: 0))
            for _ in 0..<2 { try await t.submit() }
            let depth = try t.error(await t.outcome(t.submission()))
            #expect(depth.overload == LonghaulError.Overload(.depth(queue: "default"), surplus: 1))
            _ = try await t.store.setQueue("default", QueueSettings(maxDepth: 1, maxWaiting: 0))
            let deeper = try t.error(await t.outcome(t.submission()))
            #expect(deeper.overload == LonghaulError.Overload(.depth(queue: "default"), surplus: 2))
            let later = t.submission { $0.runAt = t.time.now().adding(seconds: 60) }
            let waiting = try t.error(await t.outcome(later))
            #expect(waiting.overload == LonghaulError.Overload(.waiting(queue: "default"), surplus: 1))
        },
        Case("the max_depth of the store limits all queues together, exactly") { t in
            t.store.configure(StoreLimits(maxDepth: 5))
            let outcomes = try await withThrowingTaskGroup(of: SubmitOutcome.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        try await t.outcome(t.submission { $0.spec.queue = "queue\(number % 3)" })
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let errors = outcomes.compactMap { try? t.error($0) }
            #expect(errors.count == 35)
            #expect(errors.allSatisfy { $0.code == .systemBusy && $0.overload?.bound == .system })
            #expect(try await t.store.queues().reduce(0) { $0 + $1.depth } == 5)
            try await t.submit { $0.runAt = t.time.now().adding(seconds: 60) }
            _ = try await t.claim(1) { $0.queues = ["queue0", "queue1", "queue2"] }
            try await t.submit()
            #expect(try t.error(await t.outcome(t.submission())).code == .systemBusy)
        },
        Case("a batch that would exceed the limit of the store stores nothing") { t in
            t.store.configure(StoreLimits(maxDepth: 3))
            try await t.submit()
            let batch = (0..<3).map { number in t.submission { $0.spec.queue = "q\(number)" } }
            let outcomes = try await t.store.submit(batch, allOrNothing: true)
            #expect(try t.error(outcomes[2]).code == .systemBusy)
            #expect(try await t.store.queues().reduce(0) { $0 + $1.depth } == 1)
            _ = try await t.store.submit(Array(batch.prefix(2)), allOrNothing: true)
            #expect(try await t.store.queues().reduce(0) { $0 + $1.depth } == 3)
        },
        Case("rate_limit allows a burst, and then one start for each returned token") { t in
            let limit = RateLimit(jobs: 2, periodSeconds: 10, burst: 3)
            let record = try await t.store.setQueue("default", QueueSettings(rateLimit: limit))
            #expect(record.settings.rateLimit == limit)
            #expect(record.throttledUntil(at: t.time.now()) == nil)
            let ids = try await t.store.submit((0..<9).map { _ in t.submission() }, allOrNothing: true)
                .map { try t.created($0).id }
            #expect(try await t.claim(9).count == 3)
            #expect(try await t.claim(9).isEmpty)
            let request = LeaseRequest(worker: WorkerInfo(id: "w"), maxJobs: 9)
            #expect(try await t.store.claim(ids, for: request).isEmpty)
            let throttled = try await t.store.queue("default")
            #expect(throttled?.throttledUntil(at: t.time.now()) == t.time.now().adding(seconds: 5))
            t.time.advance(seconds: 4.999)
            #expect(try await t.claim(9).isEmpty)
            t.time.advance(seconds: 0.001)
            #expect(try await t.store.claim(ids, for: request).count == 1)
            t.time.advance(seconds: 1000)
            #expect(try await t.claim(9).count == 3)
        },
        Case("a rate limit can be changed and removed") { t in
            let limit = RateLimit(jobs: 1, periodSeconds: 100)
            _ = try await t.store.setQueue("default", QueueSettings(rateLimit: limit))
            for _ in 0..<6 { try await t.submit() }
            #expect(try await t.claim(9).count == 1)
            let faster = RateLimit(jobs: 2, periodSeconds: 1)
            _ = try await t.store.setQueue("default", QueueSettings(rateLimit: faster))
            #expect(try await t.claim(9).isEmpty)
            t.time.advance(seconds: 1)
            #expect(try await t.claim(9).count == 2)
            #expect(try await t.store.setQueue("default", QueueSettings()).bucket == nil)
            #expect(try await t.claim(9).count == 3)
        },
        Case("every setting of a queue is stored") { t in
            let settings = QueueSettings(
                maxDepth: 1, maxWaiting: 2, paused: true, maxConcurrency: 3,
                rateLimit: RateLimit(jobs: 4, periodSeconds: 0.5, burst: 6), partitionBy: "ä", maxSize: 7)
            _ = try await t.store.setQueue("q", settings)
            #expect(try await t.store.queue("q")?.settings == settings)
        },
        Case("the routing table is stored and replaced as a whole") { t in
            #expect(try await t.store.routing() == RoutingTable())
            let table = RoutingTable(rules: [
                .init(kinds: ["video.*", "audio.*"], labels: ["gpu": "1"], queue: "a"),
                .init(labels: [:], queue: "b"), .init(kinds: ["*"], queue: "c"),
            ])
            try await t.store.setRouting(table)
            #expect(try await t.store.routing() == table)
            try await t.store.setRouting(RoutingTable(rules: [.init(queue: "z")]))
            #expect(try await t.store.routing().rules.map(\.queue) == ["z"])
        },
        Case("the position in a long queue is nearly exact") { t in
            _ = try await t.store.setQueue("default", QueueSettings(maxDepth: nil))
            var ids: [JobID] = []
            for _ in 0..<25 {
                let entries = (0..<200).map { number in t.submission("kind\(number % 2)") }
                _ = try await t.store.submit(entries, allOrNothing: true)
                ids += entries.map(\.id)
                t.time.advance(seconds: 1)
            }
            try await t.submit { $0.spec.priority = 9 }
            for exact in [0, 999, 4001, 4999] {
                #expect(try await t.store.position(of: ids[exact]) == exact + 1)
            }
            let middle = try #require(await t.store.position(of: ids[2500]))
            #expect(abs(middle - 2501) < 300)
        },
    ]
}
