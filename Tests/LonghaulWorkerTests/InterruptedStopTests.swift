import LonghaulConcurrency
import LonghaulCore
import LonghaulEngine
import LonghaulTestSupport
import Synchronization
import Testing

@testable import LonghaulWorker

/// Calls that are late, refused or lost while a worker stops.
@Suite struct InterruptedStopTests {
    /// A handler that runs until it is cancelled.
    private let endless = Handler(kind: "test") { context in
        context.progress(40)
        try await Task.sleep(for: .seconds(600))
        return Handler.Output()
    }

    @Test func jobThatArrivesDuringTheStopIsReleasedAlthoughTheDeregistrationFails() async throws {
        try await Bench.run { bench in
            let isStopping = Event<Void>()
            var gateway = HookedGateway(bench.engine)
            gateway.onLease = { request, inner in
                let leases = try await inner.lease(request)
                if !leases.isEmpty { await isStopping.wait() }
                return leases
            }
            gateway.onDeregister = { _, _ in throw LonghaulError(.invalidRequest, "not now") }
            let worker = bench.worker(
                [Handler(kind: "test") { _ in Handler.Output() }], pollSeconds: 1, gateway: gateway)
            worker.start()
            let id = try await bench.submit()
            try await eventually("the server has leased the job") {
                try await bench.engine.job(id).state == .processing
            }
            let stop = Task { await worker.shutdown(grace: .zero) }
            try await eventually("the worker stops") { worker.isStopping }
            isStopping.fire()
            await stop.value
            let job = try await bench.engine.job(id)
            #expect(job.state == .pending)
            #expect(job.attempt == 0)
        }
    }

    @Test func deregistrationIsRepeatedSoThatLostLeasesAreReleased() async throws {
        try await Bench.run { bench in
            let calls = Atomic(0)
            var gateway = HookedGateway(bench.engine)
            gateway.onDeregister = { id, inner in
                if calls.add(1, ordering: .relaxed).newValue <= 2 { throw LonghaulError.interrupted }
                return try await inner.deregister(id)
            }
            let worker = bench.worker([Handler(kind: "test") { _ in Handler.Output() }], gateway: gateway)
            let id = try await bench.submit()
            // The answer to this call was lost.
            #expect(try await bench.engine.lease(LeaseRequest(worker: worker.info)).map(\.job.id) == [id])
            await worker.shutdown(grace: .zero)
            #expect(try await bench.engine.job(id).state == .pending)
        }
    }

    @Test func releaseOfAStoppedAttemptIsRepeated() async throws {
        try await Bench.run { bench in
            let calls = Atomic(0)
            var gateway = HookedGateway(bench.engine)
            gateway.onRelease = { token, inner in
                if calls.add(1, ordering: .relaxed).newValue <= 2 { throw LonghaulError.interrupted }
                return try await inner.release(token)
            }
            gateway.onDeregister = { _, _ in throw LonghaulError(.invalidRequest, "not now") }
            let worker = bench.worker([endless], gateway: gateway)
            worker.start()
            let id = try await bench.submit()
            try await eventually("the job runs") { try await bench.engine.job(id).progress != nil }
            await worker.shutdown(grace: .zero)
            let job = try await bench.engine.job(id)
            #expect(job.state == .pending)
            #expect(job.attempt == 0)
        }
    }

    /// The report of an attempt that timed out is late, and the worker stops. The attempt counts all the same.
    @Test func reportOfAnOverdueAttemptArrivesBeforeTheDeregistration() async throws {
        try await Bench.run { bench in
            let isReporting = Event<Void>()
            let isDeregistered = Event<Void>()
            let hasEnded = Event<Void>()
            let handler = Handler(kind: "test", timeoutSeconds: 0.05, endSeconds: 0.05) { _ in
                // It ignores its cancellation until its attempt is reported.
                await isReporting.wait()
                hasEnded.fire()
                return Handler.Output()
            }
            var gateway = HookedGateway(bench.engine)
            gateway.onFail = { failure, inner in
                isReporting.fire()
                await hasEnded.wait()
                // A stop that did not wait would deregister the worker now.
                await isDeregistered.wait(else: ()) { try await Task.sleep(for: .seconds(3)) }
                return try await inner.fail(failure)
            }
            gateway.onDeregister = { id, inner in
                defer { isDeregistered.fire() }
                return try await inner.deregister(id)
            }
            let worker = bench.worker([handler], pollSeconds: 1, gateway: gateway)
            worker.start()
            let id = try await bench.submit(attempts: 1)
            await isReporting.wait()
            await worker.shutdown(grace: .zero)
            let job = try await bench.engine.job(id)
            #expect(job.state == .failed)
            #expect(job.error?.type == "timeout")
        }
    }
}
