import LonghaulConcurrency
import LonghaulCore
import LonghaulEngine
import LonghaulJSON
import LonghaulTestSupport
import Synchronization
import Testing

@testable import LonghaulWorker

/// What a worker takes, how long it lets it run, and what it reports.
@Suite struct ReportTests {
    private static let simple = Handler(kind: "test") { _ in Handler.Output() }

    /// A gateway whose first lease cannot be read.
    private func unreadable(_ code: LonghaulError.Code, _ inner: any WorkerGateway) -> HookedGateway {
        let isFirst = Atomic(true)
        var gateway = HookedGateway(inner)
        gateway.onLease = { request, inner in
            var leases = try await inner.lease(request)
            if !leases.isEmpty, isFirst.exchange(false, ordering: .relaxed) {
                leases[0].unreadable = LonghaulError(code, "it is garbled")
            }
            return leases
        }
        return gateway
    }

    @Test func jobThatCannotBeReadForNowIsReleased() async throws {
        try await Bench.run { bench in
            let worker = bench.worker([Self.simple], gateway: unreadable(.unavailable, bench.engine))
            try await bench.run(worker) {
                let job = try await bench.finish(attempts: 1)
                #expect(job.state == .completed && job.attempt == 1)
            }
        }
    }

    @Test func jobThatCanNeverBeReadFailsForGood() async throws {
        try await Bench.run { bench in
            let worker = bench.worker([Self.simple], gateway: unreadable(.invalidRequest, bench.engine))
            try await bench.run(worker) {
                let job = try await bench.finish(attempts: 5)
                #expect(job.state == .failed && job.attempt == 1)
                #expect(job.error?.type == "unreadable_job")
            }
        }
    }

    @Test func nextJobsAreSubmittedWithTheCompletion() async throws {
        let handler = Handler(kind: "test") { _ in
            Handler.Output(next: [NewJob(JobSpec(kind: "next")), NewJob(JobSpec(kind: "next"))])
        }
        try await Bench.run([handler]) { bench in
            let job = try await bench.finish()
            #expect(job.childrenCount == 2)
        }
    }

    @Test func timeoutOfAJobReplacesThatOfItsHandler() async throws {
        let handler = Handler(kind: "test", timeoutSeconds: 600) { _ in
            try await Task.sleep(for: .seconds(60))
            return Handler.Output()
        }
        try await Bench.run([handler]) { bench in
            var job = NewJob(JobSpec(kind: "test"))
            job.spec.maxAttempts = 1
            job.spec.timeoutSeconds = 0.1
            let ended = try await bench.engine.wait(
                for: try await bench.engine.submit(job).job.id, seconds: 30)
            #expect(ended.error?.type == "timeout")
        }
    }

    @Test func aSilentJobIsRenewedByAWorkerWithoutAHeartbeatInterval() async throws {
        try await Bench.run { bench in
            let renewals = Recorder<Int>()
            var gateway = HookedGateway(bench.engine)
            gateway.onLease = { request, inner in
                var leases = try await inner.lease(request)
                for index in leases.indices { leases[index].heartbeatSeconds = 0.2 }
                return leases
            }
            gateway.onHeartbeat = { heartbeat, inner in
                renewals.add(heartbeat.beats.count)
                return try await inner.heartbeat(heartbeat)
            }
            let handler = Handler(kind: "test") { _ in
                try await Task.sleep(for: .seconds(600))
                return Handler.Output()
            }
            let worker = bench.worker(
                [handler], slots: 1, leaseSeconds: 600, heartbeatSeconds: nil, gateway: gateway)
            try await bench.run(worker) {
                _ = try await bench.submit()
                try await renewals.wait(for: "the lease is renewed twice", within: 20) { $0 == [1, 1] }
            }
        }
    }

    @Test func jobOfAFullKindStartsSoonAfterItsSlotIsFree() async throws {
        try await Bench.run { bench in
            let started = Recorder<JobID>()
            let calls = Recorder<[String]>()
            let release = Event<Void>()
            var gateway = HookedGateway(bench.engine)
            gateway.onLease = { request, inner in
                calls.add(request.kinds)
                return try await inner.lease(request)
            }
            let narrow = Handler(kind: "narrow", concurrency: 1) { context in
                started.add(context.job.id)
                await release.wait()
                return Handler.Output()
            }
            let wide = Handler(kind: "wide") { _ in Handler.Output() }
            let worker = bench.worker([narrow, wide], gateway: gateway)
            try await bench.run(worker) {
                let first = try await bench.submit("narrow")
                try await started.wait(for: "the first job runs") { $0 == [first] }
                try await calls.wait(for: "a call without the full kind") { $0.last == ["wide"] }
                let second = try await bench.submit("narrow")
                release.fire()
                // Without a shorter call, this takes twenty seconds.
                try await started.wait(for: "the second job runs", within: 12) { $0 == [first, second] }
            }
        }
    }

    @Test func oneInvalidCompletionOfACallFailsAlone() async throws {
        let begun = Recorder<Int>()
        let release = Event<Void>()
        var gateway = HookedGateway(LogGateway())
        gateway.onComplete = { completions, _ in
            await release.wait()
            if completions.contains(where: { $0.token.fence == 5 }) {
                throw LonghaulError(.invalidRequest, "one of them is invalid")
            }
            return completions.map { completion in
                let moment = Timestamp(milliseconds: 0)
                return .success(
                    Job(
                        id: completion.token.jobID, spec: JobSpec(kind: "test"), state: .completed,
                        caller: "c",
                        createdAt: moment, runAt: moment))
            }
        }
        let reporter = Reporter(gateway: gateway, clock: SteadyClock(), random: SystemRandom())
        let reports = (0..<8).map { fence in
            Task {
                begun.add(fence)
                let token = LeaseToken(jobID: JobID(high: 1, low: 2), fence: fence, secret: 3)
                return await reporter.complete(Completion(token: token)) { false }
            }
        }
        try await begun.wait(for: "all reports have begun") { $0.count == 8 }
        // Only so that the reports most likely share a call. The test passes as well if they do not.
        try await Task.sleep(for: .milliseconds(50))
        release.fire()
        for (fence, report) in reports.enumerated() {
            switch await report.value {
            case .success: #expect(fence != 5)
            case .failure(let error): #expect(fence == 5 && error.code == .invalidRequest)
            }
        }
    }

    @Test func failureIsReportedWithinTheLimitsOfTheServer() {
        func report(_ type: String, retryIn seconds: Double?) -> JobFailure {
            JobFailure(type: type, message: "m", retryInSeconds: seconds).reportable
        }
        #expect(report("", retryIn: nil).error.type == "error")
        #expect(report("io", retryIn: 3).error.type == "io")
        #expect(report("io", retryIn: 3).retryInSeconds == 3)
        for seconds: Double in [-1, .nan, .infinity, -1 * .infinity] {
            #expect(report("io", retryIn: seconds).retryInSeconds == nil)
        }
        #expect(report("io", retryIn: 1e300).retryInSeconds == FieldBounds.seconds.upperBound)
    }
}
