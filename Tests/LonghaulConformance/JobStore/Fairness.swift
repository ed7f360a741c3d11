import LonghaulCore
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    static let fairness: [Case] = [
        Case("waiting raises the priority of a job, one level at a time") { t in
            t.store.configure(StoreLimits(ageingSeconds: 10))
            let low = try await t.submit("x") { $0.spec.priority = 3 }
            t.time.advance(seconds: 19)
            let first = try await t.submit("y") { $0.spec.priority = 5 }
            #expect(try await t.lease().job.id == first.id)
            t.time.advance(seconds: 2)
            let second = try await t.submit("y") { $0.spec.priority = 5 }
            #expect(try await t.claim(2).map(\.job.id) == [low.id, second.id])
        },
        Case("a job ages from its due time") { t in
            t.store.configure(StoreLimits(ageingSeconds: 10))
            let later = try await t.submit { job in
                job.spec.priority = 3
                job.runAt = t.time.now().adding(seconds: 1000)
            }
            t.time.advance(seconds: 1000)
            _ = try await t.store.maintain(limit: 10)
            let urgent = try await t.submit { $0.spec.priority = 5 }
            #expect(try await t.claim(2).map(\.job.id) == [urgent.id, later.id])
        },
        Case("a flood of urgent jobs does not starve a job") { t in
            t.store.configure(StoreLimits(ageingSeconds: 10))
            let low = try await t.submit { $0.spec.priority = 0 }
            var given: [Job] = []
            for _ in 0..<12 {
                for _ in 0..<2 { try await t.submit { $0.spec.priority = 9 } }
                given.append(try await t.lease().job)
                t.time.advance(seconds: 10)
            }
            while let job = try await t.claim().first?.job, job.id != low.id { given.append(job) }
            // Only jobs that are less than nine levels younger run before it.
            let last = low.createdAt.adding(seconds: 90)
            #expect(given.allSatisfy { $0.createdAt <= last })
            #expect(try await t.counts()[.pending] == 4)
        },
        Case("without ageing the higher priority always comes first") { t in
            t.store.configure(StoreLimits(ageingSeconds: nil))
            try await t.submit { $0.spec.priority = 4 }
            t.time.advance(seconds: 86_400)
            let urgent = try await t.submit { $0.spec.priority = 5 }
            #expect(try await t.lease().job.id == urgent.id)
        },
        Case("a worker receives only jobs whose labels it serves") { t in
            let plain = try await t.submit()
            let gpu = try await t.submit { $0.spec.labels = ["gpu": "1"] }
            let both = try await t.submit { $0.spec.labels = ["gpu": "1", "zone": "eu"] }
            #expect(try await t.job(both.id).spec.labels == ["gpu": "1", "zone": "eu"])
            #expect(try await t.claim(9).map(\.job.id) == [plain.id])
            #expect(try await t.claim(9) { $0.worker.labels = ["gpu": "2", "zone": "eu"] }.isEmpty)
            var request = LeaseRequest(worker: WorkerInfo(id: "w", labels: ["zone": "us", "gpu": "1"]))
            request.maxJobs = 9
            #expect(try await t.store.claim([both.id], for: request).isEmpty)
            #expect(try await t.store.claim(request).map(\.job.id) == [gpu.id])
            request.worker.labels = Dictionary(uniqueKeysWithValues: (0..<9).map { ("l\($0)", "") })
            #expect(try await t.store.claim(request).isEmpty)
            request.worker.labels.merge(["zone": "eu", "gpu": "1"]) { $1 }
            #expect(try await t.store.claim(request).map(\.job.id) == [both.id])
        },
        Case("labels do not change the order") { t in
            var ids: [JobID] = []
            for labels in [["b": "1"], [:], ["a": "1", "b": "1"], ["a": "1"], [:]] {
                ids.append(try await t.submit { $0.spec.labels = labels }.id)
            }
            let leases = try await t.claim(9) { $0.worker.labels = ["a": "1", "b": "1", "c": "1"] }
            #expect(leases.map(\.job.id) == ids)
        },
        Case("the values of the partition key take turns") { t in
            _ = try await t.store.setQueue("default", QueueSettings(partitionBy: "customer"))
            for _ in 0..<6 { try await t.submit { $0.spec.tags = ["customer": "flood"] } }
            for value in ["small", "tiny"] {
                for _ in 0..<2 { try await t.submit { $0.spec.tags = ["customer": value] } }
            }
            try await t.submit()
            var turns = try await t.claim(2) + t.claim(3) + t.claim(1)
            #expect(Set(turns.prefix(4).map(\.customer)) == ["", "flood", "small", "tiny"])
            #expect(Set(turns.suffix(2).map(\.customer)).count == 2)
            turns += try await t.claim(100)
            #expect(turns.count == 11)
            #expect(turns.suffix(4).map(\.customer) == ["flood", "flood", "flood", "flood"])
            for value in ["flood", "small"] {
                let ids = turns.filter { $0.customer == value }.map(\.job.id)
                #expect(ids == ids.sorted())
            }
        },
        Case("priority applies among the jobs of one value") { t in
            _ = try await t.store.setQueue("default", QueueSettings(partitionBy: "customer"))
            let low = try await t.submit { $0.spec.tags = ["customer": "a"] }
            let high = try await t.submit { job in
                job.spec.tags = ["customer": "a"]
                job.spec.priority = 9
            }
            let other = try await t.submit { job in
                job.spec.tags = ["customer": "b"]
                job.spec.priority = 1
            }
            #expect(Set(try await t.claim(2).map(\.job.id)) == [high.id, other.id])
            #expect(try await t.lease().job.id == low.id)
        },
        Case("workers for different kinds do not skip each other's turns") { t in
            _ = try await t.store.setQueue("default", QueueSettings(partitionBy: "customer"))
            for value in ["a", "b"] {
                for _ in 0..<6 { try await t.submit("y") { $0.spec.tags = ["customer": value] } }
            }
            for _ in 0..<6 { try await t.submit("x") { $0.spec.tags = ["customer": "a"] } }
            var given: [String] = []
            for _ in 0..<6 {
                _ = try await t.lease { $0.kinds = ["x"] }
                given.append(try await t.lease { $0.kinds = ["y"] }.customer)
            }
            #expect(given.count { $0 == "a" } == 3)
        },
        Case("setting and removing the partition key applies to pending jobs") { t in
            for value in ["a", "a", "a", "b"] { try await t.submit { $0.spec.tags = ["customer": value] } }
            _ = try await t.store.setQueue("default", QueueSettings(partitionBy: "customer"))
            while try await t.store.maintain(limit: 3).hasMore {}
            #expect(Set(try await t.claim(2).map(\.customer)) == ["a", "b"])
            try await t.submit { $0.spec.tags = ["customer": "b"] }
            _ = try await t.store.setQueue("default", QueueSettings())
            #expect(try await t.lease().customer == "a")
            while try await t.store.maintain(limit: 1).hasMore {}
            #expect(try await t.claim(9).map(\.customer) == ["a", "b"])
        },
        Case("pending jobs follow a change of the partition key") { t in
            // The queue used the first tag before, so its jobs return to an existing partition.
            _ = try await t.store.setQueue("default", QueueSettings(partitionBy: "customer"))
            try await t.submit { $0.spec.tags = ["customer": "a"] }
            _ = try await t.lease()
            _ = try await t.store.setQueue("default", QueueSettings())
            var jobs: [Job] = []
            for region in ["east", "east", "east", "west"] {
                jobs.append(try await t.submit { $0.spec.tags = ["customer": "a", "region": region] })
            }
            _ = try await t.store.setQueue("default", QueueSettings(partitionBy: "customer"))
            _ = try await t.store.maintain(limit: 2)
            _ = try await t.store.setQueue("default", QueueSettings(partitionBy: "region"))
            while try await t.store.maintain(limit: 2).hasMore {}
            #expect(try await t.claim(2).map(\.job.id) == [jobs[0].id, jobs[3].id])
        },
        Case("lists, positions and ages are correct across labels and partitions") { t in
            _ = try await t.store.setQueue("default", QueueSettings(partitionBy: "customer"))
            let start = t.time.now()
            var ids: [JobID] = []
            for number in 0..<8 {
                let job = try await t.submit("kind\(number % 2)") { job in
                    job.spec.tags = ["customer": "c\(number % 3)"]
                    if number % 4 == 0 { job.spec.labels = ["gpu": "1"] }
                }
                ids.append(job.id)
                t.time.advance(seconds: 1)
            }
            var filter = JobFilter()
            filter.states = [.pending]
            #expect(try await t.store.jobs(filter, after: nil, limit: 9).jobs.map(\.id) == ids.reversed())
            filter.queue = "default"
            filter.kind = "kind1"
            let odd = try await t.store.jobs(filter, after: nil, limit: 9).jobs.map(\.id)
            #expect(odd == [ids[7], ids[5], ids[3], ids[1]])
            #expect(try await t.store.position(of: ids[6]) == 6)
            #expect(try await t.store.queue("default")?.oldestPendingAt == start)
        },
    ]
}

extension Lease {
    /// The value of the partition key in the tests; empty if missing.
    fileprivate var customer: String { job.spec.tags["customer"] ?? "" }
}
