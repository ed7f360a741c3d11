import LonghaulCore
import LonghaulJSON
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    static let edits: [Case] = editedFields + editedOrder + editedTags

    private static let editedFields: [Case] = [
        Case("jobs that wait can be edited, leased and ended jobs cannot") { t in
            for state in JobState.allCases {
                let job = try await job(in: state, t) { $0.spec.tags = ["a": "1", "b": "2"] }
                t.time.advance(seconds: 1)
                let edit = JobEdit(priority: 8, tags: ["a": "3", "b": nil, "c": ""])
                guard state != .processing, !state.isFinal else {
                    #expect(await t.code { _ = try await t.store.edit(job.id, edit) } == .conflict)
                    #expect(try await t.job(job.id) == job)
                    continue
                }
                let edited = try await t.store.edit(job.id, edit)
                #expect(edited.state == state && edited.runAt == job.runAt && edited.attempt == job.attempt)
                #expect(edited.spec.priority == 8 && edited.spec.tags == ["a": "3", "c": ""])
                #expect(edited.version == job.version + 1)
                #expect(try await t.job(job.id) == edited)
                let change = try #require(t.changes(of: job.id).last)
                #expect(change.state == state && change.previous == state)
                #expect(change.version == edited.version && change.priority == 8)
                let history = try #require(try await t.store.history(job.id, afterVersion: 0))
                #expect(history.map(\.version) == Array(1...edited.version))
            }
            #expect(
                await t.code { _ = try await t.store.edit(t.ids.next(), JobEdit(priority: 1)) } == .notFound)
        },
        Case("an edit that changes nothing leaves the job as it is") { t in
            let job = try await t.submit { $0.spec.tags = ["a": "1"] }
            for edit in [JobEdit(), JobEdit(priority: job.spec.priority, tags: ["a": "1", "z": nil])] {
                #expect(try await t.store.edit(job.id, edit).version == job.version)
            }
            #expect(t.changes(of: job.id).count == 1)
        },
        Case("the tags by which executions find their jobs cannot be edited") { t in
            let execution = try await t.submit { job in
                job.spec.kind = JobSpec.executionKind
                job.spec.queue = JobSpec.executionQueue
                job.spec.tags = ["state_machine": "m", "a": "1"]
            }
            for tags: [String: String?] in [["state_machine": nil], ["map_run": "1"], ["task": "1"]] {
                #expect(
                    await t.code { _ = try await t.store.edit(execution.id, JobEdit(tags: tags)) }
                        == .conflict)
            }
            let edited = try await t.store.edit(execution.id, JobEdit(tags: ["a": "2"]))
            #expect(edited.spec.tags == ["state_machine": "m", "a": "2"])
            let other = try await t.submit()
            #expect(try await t.store.edit(other.id, JobEdit(tags: ["task": "1"])).spec.tags["task"] == "1")
        },
        Case("an edit with too many tags changes nothing") { t in
            let job = try await t.submit { job in
                for number in 0..<FieldBounds.tags.upperBound { job.spec.tags["\(number)"] = "" }
            }
            let edit = JobEdit(priority: 9, tags: ["one more": ""])
            #expect(await t.code { _ = try await t.store.edit(job.id, edit) } == .invalidRequest)
            #expect(try await t.job(job.id).spec == job.spec)
            let swap = JobEdit(tags: ["one more": "", "0": nil])
            #expect(try await t.store.edit(job.id, swap).spec.tags["one more"] == "")
        },
        Case("a new time decides when a job is due, and a passed one makes it pending") { t in
            for state in [JobState.scheduled, .retrying, .pending, .blocked] {
                let job = try await job(in: state, t)
                let moment = t.time.now().adding(seconds: 20)
                let later = try await t.store.edit(job.id, JobEdit(runAt: moment))
                #expect(later.runAt == moment && later.attempt == job.attempt)
                #expect(later.state == (state == .pending ? .scheduled : state))
                guard state != .blocked else { continue }
                #expect(try await t.claim { $0.kinds = [job.spec.kind] }.isEmpty)
                let change = try #require(t.changes(of: job.id).last)
                #expect(change.runAt == moment && change.state == later.state)
                t.time.advance(seconds: 20)
                while try await t.store.maintain(limit: 10).hasMore {}
                #expect(try await t.lease { $0.kinds = [job.spec.kind] }.job.id == job.id)
            }
            for state in [JobState.scheduled, .retrying] {
                let job = try await job(in: state, t)
                let passed = JobEdit(runAt: t.time.now().adding(seconds: -5))
                let due = try await t.store.edit(job.id, passed)
                #expect(due.state == .pending && due.runAt == t.time.now())
                #expect(try await t.lease { $0.kinds = [job.spec.kind] }.job.id == job.id)
            }
        },
        Case("a blocked job with a new time is scheduled once its dependencies have ended") { t in
            let first = try await t.submit { $0.spec.queue = "aside" }
            let job = try await t.submit { $0.dependsOn = [first.id] }
            let moment = t.time.now().adding(seconds: 30)
            _ = try await t.store.edit(job.id, JobEdit(runAt: moment))
            try await t.complete(try await t.lease { $0.queues = ["aside"] }.token)
            let scheduled = try await t.job(job.id)
            #expect(scheduled.state == .scheduled && scheduled.runAt == moment)
        },
        Case("the time of a suspended job cannot be edited") { t in
            let job = try await job(in: .suspended, t)
            let edit = JobEdit(priority: 9, runAt: t.time.now())
            #expect(await t.code { _ = try await t.store.edit(job.id, edit) } == .conflict)
            #expect(try await t.job(job.id) == job)
        },
        Case("an edit counts its job in the new state, and no bound refuses it") { t in
            _ = try await t.store.setQueue("default", QueueSettings(maxDepth: 1, maxWaiting: 0))
            let job = try await t.submit { $0.spec.priority = 2 }
            let later = JobEdit(priority: 7, runAt: t.time.now().adding(seconds: 9))
            _ = try await t.store.edit(job.id, later)
            #expect(try await t.counts() == [.scheduled: 1])
            let other = try await t.submit()
            _ = try await t.store.edit(job.id, JobEdit(runAt: t.time.now()))
            #expect(try await t.counts() == [.pending: 2])
            #expect(try await t.store.position(of: job.id) == 0)
            #expect(try await t.store.position(of: other.id) == 1)
        },
        Case("an edit has an audit record with the fields before and after") { t in
            let job = try await t.submit { $0.spec.tags = ["a": "1"] }
            try await t.by {
                _ = try await t.store.edit(job.id, JobEdit(priority: 9, tags: ["a": nil, "b": "2"]))
            }
            let record = try #require(try await t.records().last)
            #expect(record.entry.action == .editJob && record.entry.subjects == [job.id.description])
            let before = record.entry.before?.description ?? ""
            let after = record.entry.after?.description ?? ""
            #expect(before.contains(#""priority":5"#) && before.contains(#""tags":{"a":"1"}"#))
            #expect(after.contains(#""priority":9"#) && after.contains(#""tags":{"b":"2"}"#))
        },
    ]

    private static let editedOrder: [Case] = [
        Case("claims follow a new priority at once") { t in
            let jobs = try await many(4, t) { $0.spec.priority = 5 }
            _ = try await t.store.edit(jobs[2].id, JobEdit(priority: 9))
            _ = try await t.store.edit(jobs[0].id, JobEdit(priority: 0))
            #expect(try await t.store.position(of: jobs[2].id) == 0)
            #expect(try await t.store.position(of: jobs[0].id) == 3)
            let order = try await t.claim(4).map(\.job.id)
            #expect(order == [jobs[2].id, jobs[1].id, jobs[3].id, jobs[0].id])
        },
        Case("a job can be edited again and again, and is claimed once") { t in
            let job = try await t.submit()
            let other = try await t.submit()
            for priority in [9, 0, 7, 5, 1] {
                t.time.advance(seconds: 1)
                let edited = try await t.store.edit(job.id, JobEdit(priority: priority))
                #expect(edited.spec.priority == priority)
            }
            #expect(try await t.claim(9).map(\.job.id) == [other.id, job.id])
            #expect(try await t.claim(9).isEmpty)
            #expect(try await t.counts() == [.processing: 2])
        },
        Case("a retried job keeps its new priority and tags") { t in
            let job = try await job(in: .retrying, t)
            _ = try await t.store.edit(job.id, JobEdit(priority: 9, tags: ["a": "1"]))
            try await t.retry(job.id)
            let lease = try await t.lease { $0.kinds = [job.spec.kind] }
            #expect(lease.job.spec.priority == 9 && lease.job.spec.tags == ["a": "1"])
        },
    ]

    private static let editedTags: [Case] = [
        Case("lists find a job by its new tags, and not by the old ones") { t in
            func found(_ name: String, _ value: String) async throws -> [JobID] {
                var filter = JobFilter()
                filter.tags = [name: value]
                return try await t.store.jobs(filter, after: nil, limit: 9).jobs.map(\.id)
            }
            let job = try await t.submit { $0.spec.tags = ["a": "1", "b": "2"] }
            _ = try await t.store.edit(job.id, JobEdit(tags: ["a": "9", "b": nil, "c": "3"]))
            #expect(try await found("a", "1").isEmpty)
            #expect(try await found("b", "2").isEmpty)
            #expect(try await found("a", "9") == [job.id])
            #expect(try await found("c", "3") == [job.id])
            try await t.cancel(job.id)
            try await t.delete(job.id)
            #expect(try await found("c", "3").isEmpty)
        },
        Case("a pending job with a new value of the partition tag waits in that partition") { t in
            _ = try await t.store.setQueue("default", QueueSettings(partitionBy: "customer"))
            let flood = try await many(4, t) { $0.spec.tags = ["customer": "flood"] }
            _ = try await t.store.edit(flood[3].id, JobEdit(tags: ["customer": "small"]))
            let first = try await t.claim(2)
            #expect(Set(first.map { $0.job.spec.tags["customer"] }) == ["flood", "small"])
            #expect(first.contains { $0.job.id == flood[3].id })
            #expect(try await t.claim(9).map(\.job.id) == [flood[1].id, flood[2].id])
        },
        Case("other tags of a pending job leave its place in the queue") { t in
            let jobs = try await many(3, t)
            t.time.advance(seconds: 1)
            _ = try await t.store.edit(jobs[0].id, JobEdit(tags: ["note": "x"]))
            #expect(try await t.claim(3).map(\.job.id) == jobs.map(\.id))
        },
    ]

    private static func many(
        _ count: Int, _ t: JobStoreFixture, _ change: (inout Submission) -> Void = { _ in }
    ) async throws -> [Job] {
        var jobs: [Job] = []
        for _ in 0..<count { jobs.append(try await t.submit("work", change)) }
        return jobs
    }
}
