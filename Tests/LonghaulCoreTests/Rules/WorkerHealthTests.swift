import LonghaulCore
import Testing

/// The health of a worker by the time since its last heartbeat.
@Suite struct WorkerHealthTests {
    private static let seenAt = Timestamp(milliseconds: 1_000_000)

    private func health(interval: Double?, lease: Double, silentFor silence: Double) -> WorkerHealth {
        WorkerRecord(
            info: WorkerInfo(id: "w", heartbeatIntervalSeconds: interval), queues: ["default"], kinds: [],
            leaseSeconds: lease, firstSeenAt: Self.seenAt, lastSeenAt: Self.seenAt
        ).health(at: Self.seenAt.adding(seconds: silence))
    }

    @Test(arguments: [
        (0.0, WorkerHealth.healthy), (3, .healthy), (3.001, .late), (90, .late), (90.001, .gone),
    ])
    func workerIsLateAfterTwoMissingHeartbeats(silence: Double, expected: WorkerHealth) {
        #expect(health(interval: 1.5, lease: 30, silentFor: silence) == expected)
    }

    @Test(arguments: [
        (0.0, WorkerHealth.healthy), (30, .healthy), (30.001, .late), (90, .late), (90.001, .gone),
    ])
    func workerWithoutHeartbeatIntervalIsLateAfterALease(silence: Double, expected: WorkerHealth) {
        #expect(health(interval: nil, lease: 30, silentFor: silence) == expected)
    }

    /// The heartbeat interval decides, even if it is longer than the leases.
    @Test func longHeartbeatIntervalIsRespected() {
        #expect(health(interval: 60, lease: 2, silentFor: 119) == .healthy)
        #expect(health(interval: 60, lease: 2, silentFor: 121) == .gone)
    }
}
