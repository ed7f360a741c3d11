import Foundation
import LonghaulConcurrency
import LonghaulCore
import LonghaulEngine
import LonghaulJSON
import LonghaulTestSupport
import Synchronization
import Testing

@testable import LonghaulWorker

/// Calls of the worker that are late, refused or lost at a bad moment.
@Suite struct InterruptedCallTests {
    /// A handler that runs until it is cancelled.
    private static let endless = Handler(kind: "test") { context in
        context.progress(40, "begun")
        try await Task.sleep(for: .seconds(600))
        return Handler.Output()
    }

    // MARK: Heartbeats

    @Test func aLateAnswerRenewsTheLeaseFromWhenTheHeartbeatWasSent() async throws {
        try await Bench.run { bench in
            let sent = Recorder<ContinuousClock.Instant>()
            let answer = Event<Void>()
            var gateway = HookedGateway(bench.engine)
            gateway.onHeartbeat = { heartbeat, inner in
                if heartbeat.beats.isEmpty { return try await inner.heartbeat(heartbeat) }
                let outcome = try await inner.heartbeat(heartbeat)
                // Only the first renewal is answered, and late.
                guard sent.add(.now) == 1 else { throw LonghaulError.interrupted }
                await answer.wait()
                return outcome
            }
            let worker = bench.worker([Self.endless], leaseSeconds: 600, gateway: gateway)
            try await bench.run(worker) {
                _ = try await bench.submit()
                let moment = try await sent.wait(for: "a renewal is sent") { !$0.isEmpty }[0]
                let job = try #require(worker.running.withLock { $0.values.first })
                let start = ContinuousClock.now
                func confirmedAt() -> ContinuousClock.Instant {
                    let now = worker.clock.now
                    return now - .seconds(job.secondsSinceRenewal(at: now))
                }
                let before = confirmedAt()
                try await Task.sleep(until: start + .milliseconds(300), clock: .continuous)
                answer.fire()
                try await eventually("the lease is confirmed") {
                    confirmedAt() > before + .milliseconds(20)
                }
                #expect(confirmedAt() < moment + .milliseconds(200))
            }
        }
    }

    @Test func progressOfALostHeartbeatArrivesWithTheNextOne() async throws {
        try await Bench.run { bench in
            let renewals = Atomic(0)
            var gateway = HookedGateway(bench.engine)
            gateway.onHeartbeat = { heartbeat, inner in
                if heartbeat.beats.isEmpty { return try await inner.heartbeat(heartbeat) }
                if renewals.add(1, ordering: .relaxed).newValue <= 2 { throw LonghaulError.interrupted }
                return try await inner.heartbeat(heartbeat)
            }
            let worker = bench.worker([Self.endless], leaseSeconds: 600, gateway: gateway)
            try await bench.run(worker) {
                let id = try await bench.submit()
                try await eventually("the progress arrives") {
                    try await bench.engine.job(id).progress == Progress(percent: 40, message: "begun")
                }
            }
        }
    }

    @Test func workOfALostLeaseEnds() async throws {
        try await Bench.run { bench in
            let stopped = Event<Void>()
            let handler = Handler(kind: "test") { context in
                defer { stopped.fire() }
                context.progress(10)
                try await Task.sleep(for: .seconds(600))
                return Handler.Output()
            }
            var gateway = HookedGateway(bench.engine)
            gateway.onHeartbeat = { heartbeat, _ in
                var outcome = HeartbeatOutcome()
                outcome.lost = heartbeat.beats.map(\.token)
                return outcome
            }
            let worker = bench.worker([handler], leaseSeconds: 600, gateway: gateway)
            try await bench.run(worker) {
                _ = try await bench.submit()
                try await eventually("the work ends") { stopped.value != nil }
            }
        }
    }

    @Test func workWithoutHeartbeatsEndsAfterTheLeaseAndTheOutage() async throws {
        try await Bench.run { bench in
            let stopped = Event<Void>()
            let handler = Handler(kind: "test") { _ in
                defer { stopped.fire() }
                try await Task.sleep(for: .seconds(600))
                return Handler.Output()
            }
            var gateway = HookedGateway(bench.engine)
            gateway.onHeartbeat = { _, _ in throw LonghaulError.interrupted }
            let worker = bench.worker([handler], leaseSeconds: 1, outageSeconds: 0.2, gateway: gateway)
            try await bench.run(worker) {
                let id = try await bench.submit(attempts: 1)
                await stopped.wait()
                let job = try await bench.engine.wait(for: id, seconds: 60)
                #expect(job.error?.type == "lease_expired")
            }
        }
    }

    @Test func aProgramPausesWhileItsLeaseIsNotConfirmed() async throws {
        try await Bench.run { bench in
            let isDown = Atomic(true)
            let notes = Recorder<Note>()
            var gateway = HookedGateway(bench.engine)
            gateway.onHeartbeat = { heartbeat, inner in
                if isDown.load(ordering: .acquiring) { throw LonghaulError.interrupted }
                return try await inner.heartbeat(heartbeat)
            }
            let spec = ProgramSpec(
                kind: "test", command: ["sh", "-c", "while true; do echo work; sleep 0.05; done"],
                folder: "/nowhere")
            var configuration = WorkerConfiguration(queues: [("default", 1)])
            configuration.leaseSeconds = 1
            configuration.logger = notes
            // The server keeps the lease for longer than the worker expects.
            gateway.onLease = { request, inner in
                var request = request
                request.leaseSeconds = 600
                var leases = try await inner.lease(request)
                for index in leases.indices { leases[index].heartbeatSeconds = 0.3 }
                return leases
            }
            let worker = Worker(configuration: configuration, gateway: gateway, handlers: [.program(spec)])
            try await bench.run(worker) {
                let id = try await bench.submit()
                try await notes.wait(for: "the program is paused") {
                    $0.contains { $0.message.hasSuffix("the program is paused until it does") }
                }
                isDown.store(false, ordering: .releasing)
                try await notes.wait(for: "the program is resumed") {
                    $0.contains { $0.message == "the server has confirmed the lease; the program is resumed" }
                }
                let lines = try await bench.logs(id).count
                try await eventually("the program works again") { try await bench.logs(id).count > lines }
            }
        }
    }

    @Test func aPausedProgramCleansUpWhenItMustEnd() async throws {
        try await Bench.run { bench in
            let notes = Recorder<Note>()
            var gateway = HookedGateway(bench.engine)
            gateway.onHeartbeat = { _, _ in throw LonghaulError.interrupted }
            // The server keeps the lease for longer than the worker expects.
            gateway.onLease = { request, inner in
                var request = request
                request.leaseSeconds = 600
                return try await inner.lease(request)
            }
            let script = "trap 'echo cleaned; exit 0' TERM; echo $$; while true; do sleep 0.02; done"
            var spec = ProgramSpec(kind: "test", command: ["sh", "-c", script], folder: "/nowhere")
            spec.killGraceSeconds = 20
            var configuration = WorkerConfiguration(queues: [("default", 1)])
            configuration.leaseSeconds = 1
            configuration.logger = notes
            let worker = Worker(configuration: configuration, gateway: gateway, handlers: [.program(spec)])
            worker.start()
            let id = try await bench.submit()
            try await eventually("the program is ready") { try await !bench.logs(id).isEmpty }
            let process = try #require(try await bench.logs(id).first)
            try await notes.wait(for: "the program is paused") {
                $0.contains { $0.message.hasSuffix("the program is paused until it does") }
            }
            try await eventually("the program has stopped") {
                let data = FileManager.default.contents(atPath: "/proc/\(process)/stat") ?? Data()
                return String(decoding: data, as: UTF8.self).contains(") T ")
            }
            await worker.shutdown(grace: .zero)
            let lines = try await bench.logs(id)
            #expect(lines.contains("cleaned"), "\(lines)")
        }
    }

    // MARK: Reports

    @Test func completionThatIsRefusedForNowIsReportedAgain() async throws {
        try await Bench.run { bench in
            let calls = Atomic(0)
            var gateway = HookedGateway(bench.engine)
            gateway.onComplete = { completions, inner in
                guard calls.add(1, ordering: .relaxed).newValue <= 2 else {
                    return try await inner.complete(completions)
                }
                return completions.map { _ in .failure(.interrupted) }
            }
            let handler = Handler(kind: "test") { _ in
                Handler.Output(result: JSONText(validated: Array("7".utf8)))
            }
            let worker = bench.worker([handler], gateway: gateway)
            try await bench.run(worker) {
                let job = try await bench.finish(attempts: 1)
                #expect(job.state == .completed)
                #expect(job.resultText == "7")
            }
        }
    }

    @Test func completionWithoutAnAnswerIsReportedAgain() async throws {
        try await Bench.run { bench in
            let calls = Atomic(0)
            var gateway = HookedGateway(bench.engine)
            gateway.onComplete = { completions, inner in
                calls.add(1, ordering: .relaxed).newValue == 1 ? [] : try await inner.complete(completions)
            }
            let worker = bench.worker([Handler(kind: "test") { _ in Handler.Output() }], gateway: gateway)
            try await bench.run(worker) {
                let job = try await bench.finish(attempts: 1)
                #expect(job.state == .completed)
            }
        }
    }

    @Test func completionsOfOtherJobsDoNotWaitForARefusedOne() async throws {
        try await Bench.run { bench in
            var gateway = HookedGateway(bench.engine)
            let refused = Event<JobID>()
            let isHealthy = Atomic(false)
            gateway.onComplete = { completions, inner in
                var answers: [Result<Job, LonghaulError>] = []
                for completion in completions {
                    refused.fire(completion.token.jobID)
                    let isRefused =
                        completion.token.jobID == refused.value && !isHealthy.load(ordering: .acquiring)
                    answers +=
                        isRefused ? [.failure(.interrupted)] : try await inner.complete([completion])
                }
                return answers
            }
            let worker = bench.worker([Handler(kind: "test") { _ in Handler.Output() }], gateway: gateway)
            try await bench.run(worker) {
                let first = try await bench.submit(attempts: 1)
                let other = await refused.wait()
                #expect(other == first)
                let second = try await bench.submit(attempts: 1)
                #expect(try await bench.engine.wait(for: second, seconds: 60).state == .completed)
                isHealthy.store(true, ordering: .releasing)
                #expect(try await bench.engine.wait(for: first, seconds: 60).state == .completed)
            }
        }
    }

    @Test func successAfterTheTimeoutWithinTheTimeToEndCompletesTheJob() async throws {
        let handler = Handler(kind: "test", timeoutSeconds: 0.05, endSeconds: 60) { _ in
            try? await Task.sleep(for: .seconds(600))
            #expect(Task.isCancelled)
            return Handler.Output(result: JSONText(validated: Array("1".utf8)))
        }
        try await Bench.run([handler]) { bench in
            let job = try await bench.finish(attempts: 1)
            #expect(job.state == .completed)
            #expect(job.resultText == "1")
        }
    }

    @Test func errorBeforeTheTimeoutIsReportedAlthoughTheLogIsLate() async throws {
        try await Bench.run { bench in
            var gateway = HookedGateway(bench.engine)
            let isTimedOut = Event<Void>()
            gateway.onLogs = { token, lines, inner in
                await isTimedOut.wait()
                try await inner.appendLogs(token, lines)
            }
            let handler = Handler(kind: "test", timeoutSeconds: 1) { context in
                context.log("last line")
                throw JobFailure(type: "broken", message: "it broke", retryable: false)
            }
            let worker = bench.worker([handler], gateway: gateway)
            try await bench.run(worker) {
                let id = try await bench.submit()
                try await eventually("the attempt has timed out") {
                    worker.running.withLock { $0.values.first?.end } == .timeout
                }
                isTimedOut.fire()
                let job = try await bench.engine.wait(for: id, seconds: 60)
                #expect(job.error?.type == "broken")
                #expect(try await bench.logs(id) == ["last line"])
            }
        }
    }

    // MARK: Logs

    @Test func everyLineArrivesAlthoughEveryOtherCallFails() async throws {
        try await Bench.run { bench in
            let calls = Atomic(0)
            var gateway = HookedGateway(bench.engine)
            gateway.onLogs = { token, lines, inner in
                if calls.add(1, ordering: .relaxed).newValue % 2 == 1 { throw LonghaulError.interrupted }
                try await inner.appendLogs(token, lines)
            }
            let handler = Handler(kind: "test") { context in
                for number in 0..<50 {
                    context.log("\(number)")
                    if number % 10 == 0 { try await Task.sleep(for: .milliseconds(120)) }
                }
                return Handler.Output()
            }
            let worker = bench.worker([handler], gateway: gateway)
            try await bench.run(worker) {
                let job = try await bench.finish()
                #expect(job.attempt == 1)
                #expect(try await bench.logs(job.id) == (0..<50).map { "\($0)" })
            }
        }
    }
}
