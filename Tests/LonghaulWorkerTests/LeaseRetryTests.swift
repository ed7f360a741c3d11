import LonghaulCore
import LonghaulTestSupport
import LonghaulWorker
import Testing

/// Lease calls that return jobs the worker cannot read because of a transient error.
@Suite struct LeaseRetryTests {
    @Test func backOffGrowsWhileTheWorkerReleasesEveryJob() async throws {
        let calls = Recorder<ContinuousClock.Instant>()
        let gateway = LogGateway(leases: {
            calls.add(.now)
            let moment = Timestamp(milliseconds: 0)
            let job = Job(
                id: JobID(high: 1, low: 2), spec: JobSpec(kind: "test"), state: .processing, caller: "c",
                createdAt: moment, runAt: moment)
            var lease = Lease(token: .unknown, job: job, expiresAt: moment, heartbeatSeconds: 10)
            lease.unreadable = LonghaulError(.unavailable, "the job cannot be read for now")
            return [lease]
        })
        let worker = Worker(
            configuration: WorkerConfiguration(queues: [("default", 1)]), gateway: gateway,
            handlers: [Handler(kind: "test") { _ in Handler.Output() }])
        worker.start()
        let times = try await calls.wait(for: "seven calls for jobs") { $0.count >= 7 }
        await worker.shutdown(grace: .zero)
        // The first pause is at most 50 ms, and each next one is twice as long. Jitter removes up to half.
        #expect(times[6] - times[5] >= .milliseconds(800))
    }
}
