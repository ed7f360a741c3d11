import LonghaulCore
import Testing

/// How a worker's silence is judged.
@Suite struct WorkerHealthTests {
    private static let lastSeen = Timestamp(milliseconds: 1_000_000)

    private func health(promise: Double?, lease: Double, silentFor silence: Double) -> WorkerHealth {
        WorkerRecord(
            info: WorkerInfo(id: "w", heartbeatSeconds: promise), queues: ["default"], kinds: [],
            leaseSeconds: lease, firstSeenAt: Self.lastSeen, lastSeenAt: Self.lastSeen
        ).health(at: Self.lastSeen.adding(seconds: silence))
    }

    @Test(arguments: [
        (0.0, WorkerHealth.healthy), (3, .healthy), (3.001, .late), (90, .late), (90.001, .gone),
    ])
    func workerIsLateAfterTwoMissingHeartbeats(silence: Double, expected: WorkerHealth) {
        #expect(health(promise: 1.5, lease: 30, silentFor: silence) == expected)
    }

    @Test(arguments: [
        (0.0, WorkerHealth.healthy), (30, .healthy), (30.001, .late), (90, .late), (90.001, .gone),
    ])
    func workerWithoutHeartbeatIntervalIsLateAfterALease(silence: Double, expected: WorkerHealth) {
        #expect(health(promise: nil, lease: 30, silentFor: silence) == expected)
    }

    /// Leases that are shorter than what a worker promises end by themselves; the worker is as it said.
    @Test func longHeartbeatIntervalIsRespected() {
        #expect(health(promise: 60, lease: 2, silentFor: 119) == .healthy)
        #expect(health(promise: 60, lease: 2, silentFor: 121) == .gone)
    }
}
