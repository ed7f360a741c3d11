import Foundation
import LonghaulCore
import LonghaulEngine
import LonghaulJSON
import LonghaulTestSupport
import Testing

@testable import LonghaulClient

/// The calls of a worker, and those of a caller, over HTTP to a real server.
@Suite struct WorkerCallTests {
    private func submit(_ client: LonghaulClient, attempts: Int = 1) async throws -> JobID {
        var spec = JobSpec(kind: "test", payload: JSONText(validated: Array(#"{"a": 1}"#.utf8)))
        spec.maxAttempts = attempts
        return try await client.submit(NewJob(spec)).job.id
    }

    private func lease(_ client: LonghaulClient, jobs: Int = 1) async throws -> [Lease] {
        var request = LeaseRequest(
            worker: WorkerInfo(id: "w/1 é", name: "worker"), kinds: ["test"], maxJobs: jobs)
        request.leaseSeconds = 60
        return try await client.lease(request)
    }

    @Test func longJournalIsReadInFewCalls() async throws {
        try await withServer { client, _ in
            _ = try await submit(client)
            let first = try #require(try await lease(client).first)
            for part in 0..<3 {
                let updates = (0..<250).map {
                    OperationUpdate(.start, .marker, id: "\(part).\($0)", name: "marker")
                }
                _ = try await client.updateJournal(first.token, updates)
            }
            _ = try await client.release(first.token)
            let second = try #require(try await lease(client).first)
            #expect(second.journal.operations.map(\.number) == Array(1...100))
            let page = try await client.journal(second.token, after: #require(second.journal.next))
            #expect(page.operations.map(\.number) == Array(101...600))
            let last = try await client.journal(second.token, after: #require(page.next))
            #expect(last.operations.map(\.number) == Array(601...750) && last.next == nil)
        }
    }

    @Test func anAttemptWithAllItsCalls() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("out.txt", "some text")
        try await withServer { client, engine in
            let id = try await submit(client)
            let lease = try #require(try await lease(client).first)
            #expect(lease.job.id == id && lease.attempt == 1 && lease.heartbeatSeconds == 20)
            #expect(lease.job.spec.payload.description == #"{"a": 1}"#)
            let progress = Progress(percent: 30, message: "page 3")
            let beats = [Heartbeat.Beat(token: lease.token, progress: progress)]
            let outcome = try await client.heartbeat(Heartbeat(workerID: "w/1 é", beats: beats))
            #expect(outcome.renewed.map(\.token) == [lease.token])
            #expect(try await engine.job(id).progress == progress)
            let line = LogLine(at: Timestamp(milliseconds: 7), level: .warning, message: "hello")
            try await client.appendLogs(lease.token, [line])
            #expect(try await client.logs(id).lines.map(\.line) == [line])
            #expect(try await client.step(lease.token, name: "a b/c") == nil)
            let output = JSONText(validated: Array("[1]".utf8))
            #expect(try await client.putStep(lease.token, name: "a b/c", output: output) == output)
            #expect(try await client.step(lease.token, name: "a b/c") == output)
            let artifact = try await client.putArtifact(
                lease.token, name: "ä b.txt", contentType: "text/plain", path: file)
            #expect(artifact.name == "ä b.txt" && artifact.contentType == "text/plain")
            var completion = Completion(token: lease.token, result: output)
            completion.next = [NewJob(JobSpec(kind: "next"))]
            completion.progress = Progress(percent: 100)
            let lost = Completion(token: LeaseToken(jobID: id, fence: 99, secret: 1))
            let answers = try await client.complete([lost, completion])
            #expect(answers.map { (try? $0.get())?.id } == [nil, id])
            let job = try await client.job(id)
            #expect(job.state == .completed && job.result == output && job.progress?.percent == 100)
            #expect(try await client.children(of: id).jobs.map(\.spec.kind) == ["next"])
            try await client.download(id, artifact: "ä b.txt", to: folder.file("copy"))
            #expect(try String(contentsOfFile: folder.file("copy"), encoding: .utf8) == "some text")
        }
    }

    @Test func failedReleasedAndLostAttempts() async throws {
        try await withServer { client, engine in
            for _ in 0..<4 { _ = try await submit(client, attempts: 2) }
            let leases = try await lease(client, jobs: 4)
            #expect(leases.count == 4)
            var failure = Failure(
                token: leases[0].token, error: JobError(type: "io", message: "no disk", retryable: true))
            failure.retryInSeconds = 500
            let failed = try await client.fail(failure)
            #expect(failed.state == .retrying && failed.error?.type == "io")
            #expect(failed.runAt.seconds(since: failed.createdAt) > 400)
            let released = try await client.release(leases[1].token)
            #expect(released.state == .pending && released.attempt == 0)
            _ = try await client.cancel(leases[2].job.id)
            let beats = leases.map { Heartbeat.Beat(token: $0.token) }
            let outcome = try await client.heartbeat(Heartbeat(workerID: "w/1 é", beats: beats))
            #expect(outcome.renewed.map(\.token) == [leases[3].token])
            #expect(outcome.cancelled == [leases[2].token])
            #expect(Set(outcome.lost) == [leases[0].token, leases[1].token])
            #expect(await error { _ = try await client.release(leases[0].token) }?.code == .leaseLost)
            #expect(try await client.deregister("w/1 é") == [leases[3].job.id])
            #expect(await error { _ = try await client.deregister("w/1 é") }?.code == .notFound)
            #expect(try await engine.job(leases[3].job.id).attempt == 0)
        }
    }

    @Test func aCallerSubmitsWaitsAndLists() async throws {
        try await withServer { client, engine in
            var job = NewJob(JobSpec(kind: "test"))
            job.idempotencyKey = "key 1"
            job.spec.tags = ["a": "b c&d"]
            let first = try await client.submit(job)
            let second = try await client.submit(job)
            #expect(!first.isReplay && second.isReplay && first.job.id == second.job.id)
            let waiter = Task { try await client.wait(for: first.job.id) }
            for lease in try await lease(client) {
                _ = try await client.complete([Completion(token: lease.token)])
            }
            #expect(try await waiter.value.state == .completed)
            _ = try await submit(client)
            var filter = JobFilter()
            filter.tags = ["a": "b c&d"]
            #expect(try await client.jobs(filter).jobs.map(\.id) == [first.job.id])
            filter = JobFilter()
            filter.states = [.pending, .completed]
            let page = try await client.jobs(filter, limit: 1)
            let rest = try await client.jobs(filter, after: page.next, limit: 1)
            #expect(page.jobs.count == 1 && rest.jobs.map(\.id) == [first.job.id])
            #expect(try await client.jobs(filter, isSummary: true).jobs.allSatisfy { $0.result == nil })
            let child = NewJob(JobSpec(kind: "test"))
            var parent = NewJob(JobSpec(kind: "test"))
            parent.spec.join = JoinRule(waitFor: nil, collects: true)
            let batch = try await client.submit(NewJobBatch(jobs: [child, child], parent: parent))
            #expect(batch.jobs.count == 2)
            let top = try #require(batch.parent?.job.id)
            _ = try await client.cancel(top, children: false)
            #expect(try await engine.job(batch.jobs[0].job.id).state == .pending)
            let other = try await client.submit(NewJobBatch(jobs: [child], parent: parent))
            _ = try await client.cancel(try #require(other.parent?.job.id))
            let cancelled = other.jobs[0].job.id
            #expect(try await engine.job(cancelled).state == .cancelled)
            #expect(try await client.retry(cancelled).state == .pending)
            try await client.delete(first.job.id)
            #expect(await error { _ = try await client.job(first.job.id) }?.code == .notFound)
        }
    }

    @Test func deadLettersAreListedAndRedrivenByGroup() async throws {
        try await withServer { client, _ in
            for (type, count) in [("io", 2), ("network", 1)] {
                for _ in 0..<count {
                    _ = try await submit(client)
                    let lease = try #require(try await lease(client).first)
                    let error = JobError(type: type, message: "no \(type)", retryable: false)
                    _ = try await client.fail(Failure(token: lease.token, error: error))
                }
            }
            let groups = try await client.deadLetterGroups().groups
            #expect(groups.map(\.count) == [2, 1])
            let rare = try #require(groups.last)
            var filter = DeadLetterGroupFilter()
            filter.fingerprint = rare.fingerprint
            #expect(try await client.deadLetterGroups(filter).groups.map(\.fingerprint) == [rare.fingerprint])
            var jobs = JobFilter()
            jobs.fingerprint = rare.fingerprint
            #expect(try await client.deadLetters(jobs).jobs.map(\.error?.type) == ["network"])
            #expect(try await client.resolveDeadLetters(.filter(jobs, limit: 10), by: .redrive) == 1)
            #expect(try await client.deadLetterGroups().groups.map(\.count) == [2])
        }
    }

    @Test func queuesAndSchedulesWithNamesOfEveryKind() async throws {
        try await withServer { client, _ in
            _ = try await client.setQueue("mail.A-1", QueueSettings(maxDepth: 7))
            #expect(try await client.queue("mail.A-1").record.settings.maxDepth == 7)
            #expect(try await client.pauseQueue("mail.A-1", true).record.settings.paused)
            #expect(try await !client.pauseQueue("mail.A-1", false).record.settings.paused)
            #expect(try await client.queues().map(\.record.name).contains("mail.A-1"))
            for _ in 0..<7 {
                var job = NewJob(JobSpec(kind: "test"))
                job.spec.queue = "mail.A-1"
                _ = try await client.submit(job)
            }
            let advice = try await client.scale(queue: "mail.A-1", target: .jobsPerWorker(3), slots: 2)
            #expect(advice.depth == 7 && advice.desiredWorkers == 3)
            for job in try await client.jobs().jobs { _ = try await client.cancel(job.id) }
            try await client.deleteQueue("mail.A-1")
            #expect(await error { _ = try await client.queue("mail.A-1") }?.code == .notFound)
            var busy = NewJob(JobSpec(kind: "test"))
            busy.spec.queue = "busy"
            let id = try await client.submit(busy).job.id
            #expect(await error { try await client.deleteQueue("busy") }?.code == .conflict)
            try await client.deleteQueue("busy", purge: true)
            #expect(try await client.job(id).state == .cancelled)
        }
    }
}
