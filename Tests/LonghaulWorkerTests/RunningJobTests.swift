import LonghaulCore
import LonghaulTestSupport
import Testing

@testable import LonghaulWorker

/// Deadlines and pauses of attempts, and the release of their memory.
@Suite struct RunningJobTests {
    private let start = ContinuousClock.now

    private func job(_ handler: Handler) -> RunningJob {
        let moment = Timestamp(milliseconds: 0)
        let record = Job(
            id: JobID(high: 1, low: 2), spec: JobSpec(kind: "test"), state: .processing, caller: "c",
            createdAt: moment, runAt: moment)
        let lease = Lease(token: .unknown, job: record, expiresAt: moment, heartbeatSeconds: 10)
        return RunningJob(lease: lease, handler: handler, timeoutSeconds: 60, now: start, alarm: Alarm())
    }

    private func job(isPausable: Bool) -> RunningJob {
        var handler = Handler(kind: "test") { _ in Handler.Output() }
        handler.isPausable = isPausable
        return job(handler)
    }

    @Test func pauseExtendsTheDeadline() {
        let job = job(isPausable: true)
        #expect(job.pause(true, at: start + .seconds(50)))
        #expect(!job.pause(true, at: start + .seconds(55)))
        #expect(job.isPaused)
        #expect(!job.isTimedOut(at: start + .seconds(1000)))
        #expect(job.pause(false, at: start + .seconds(1000)))
        #expect(!job.isPaused)
        #expect(!job.isTimedOut(at: start + .seconds(1009)))
        #expect(job.isTimedOut(at: start + .seconds(1010)))
    }

    @Test func handlerThatCannotBePausedTimesOut() {
        let job = job(isPausable: false)
        #expect(!job.pause(true, at: start + .seconds(50)))
        #expect(!job.isPaused)
        #expect(!job.isTimedOut(at: start + .seconds(59)))
        #expect(job.isTimedOut(at: start + .seconds(60)))
    }

    @Test func theNextCheckIsTheEarliestThingThatTimeAloneCauses() {
        let job = job(isPausable: true)
        func next() -> Duration? {
            job.nextCheck(lease: .seconds(30), outage: .seconds(300)).map { $0 - start }
        }
        #expect(next() == .seconds(30))
        job.renewed(at: start + .seconds(10))
        #expect(next() == .seconds(40))
        job.renewed(at: start + .seconds(50))
        #expect(next() == .seconds(60))
        // A paused attempt does not time out.
        _ = job.pause(true, at: start + .seconds(55))
        #expect(next() == .seconds(380))
        _ = job.pause(false, at: start + .seconds(56))
        #expect(next() == .seconds(61))
        job.end(.timeout, at: start + .seconds(61))
        #expect(next() == .seconds(61 + job.handler.endSeconds))
        #expect(job.claimReport())
        #expect(next() == .seconds(380))
        job.end(.gone, at: start + .seconds(62))
        #expect(next() == nil)
    }

    @Test func theFirstUnsentProgressWakesTheWorker() async {
        let alarm = Alarm()
        let job = RunningJob(
            lease: self.job(isPausable: false).lease,
            handler: Handler(kind: "test") { _ in Handler.Output() },
            timeoutSeconds: 60, now: start, alarm: alarm)
        let waiter = Task { await alarm.wait() }
        job.report(Progress(percent: 1, message: nil))
        await waiter.value
    }

    @Test func endedProgramReleasesItsJob() async throws {
        struct Weak { weak var job: RunningJob? }
        func attempt() async throws -> Weak {
            let handler = Handler.program(ProgramSpec(kind: "test", command: ["true"], folder: "/nowhere"))
            let job = job(handler)
            let gateway = LogGateway()
            let context = JobContext(
                running: job, gateway: gateway,
                logLines: LogBuffer(token: .unknown, gateway: gateway, alarm: Alarm()),
                time: SystemTime())
            _ = try await handler.body(context)
            return Weak(job: job)
        }
        let ended = try await attempt()
        // The thread of the program may still reference the job for a moment.
        try await eventually("the job is released") { ended.job == nil }
    }
}
