import LonghaulConcurrency
import LonghaulTestSupport
import Testing

@testable import LonghaulServer

/// Calls that wait, at the stop of the server.
@Suite struct HeldCallsTests {
    private let held = HeldCalls()

    /// Waits until it is cancelled.
    private static func wait(_ begins: Event<Void>) async throws -> Int {
        begins.fire()
        try await Task.sleep(for: .seconds(600))
        return 1
    }

    @Test func anInterruptionEndsTheCallsThatWait() async throws {
        let (held, begins) = (held, Event<Void>())
        let call = Task { try await held.hold(by: .anonymous) { try await Self.wait(begins) } }
        await begins.wait()
        held.interrupt()
        #expect(try await call.value == nil)
    }

    @Test func aCallThatComesAfterTheInterruptionDoesNotWait() async throws {
        held.interrupt()
        let begins = Event<Void>()
        #expect(try await held.hold(by: .anonymous) { try await Self.wait(begins) } == nil)
    }

    @Test func aCancelledCallerGetsItsCancellation() async throws {
        let (held, begins) = (held, Event<Void>())
        let call = Task { try await held.hold(by: .anonymous) { try await Self.wait(begins) } }
        await begins.wait()
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
    }
}
