public import LonghaulCore
import LonghaulTestSupport
public import Testing

/// The requirements of a ``JobQueue`` that delivers IDs as cases, which the tests of a driver run one by one.
///
/// A queue may repeat and reorder IDs. So a case checks which IDs arrive, not how often or in which order. Only the
/// order of priority bands is guaranteed.
public enum JobQueueConformance {
    /// Creates another queue object over the same broker, like another server.
    public typealias Factory = @Sendable () async throws -> any JobQueue

    /// One rule.
    public struct Case: Sendable, CustomTestStringConvertible {
        /// The rule, as a sentence.
        public let name: String
        private let check: @Sendable (JobQueueFixture) async throws -> Void

        init(_ name: String, _ check: @escaping @Sendable (JobQueueFixture) async throws -> Void) {
            self.name = name
            self.check = check
        }

        /// The rule's name.
        public var testDescription: String { name }

        /// Checks the rule on new queues.
        public func run(_ makeQueue: @escaping Factory) async throws {
            try await check(JobQueueFixture(first: makeQueue(), second: makeQueue()))
        }
    }

    /// Every rule.
    public static let cases: [Case] = [
        Case("a published job arrives at a waiting worker") { t in
            let entries = t.entries(20)
            try await t.publish(entries)
            #expect(try await t.receive(entries.count) == Set(entries.map(\.id)))
        },
        Case("a published job wakes a waiting worker of another server") { t in
            let entries = t.entries(1)
            async let received = t.delivery(limit: 5, from: t.second)
            try await t.publish(entries)
            #expect(try await received == .jobs(entries.map(\.id)))
        },
        Case("a worker receives no jobs of other queues and kinds") { t in
            let mine = t.entries(3, kind: "mine")
            let others = t.entries(3, kind: "others") + t.entries(3, queue: "other", kind: "mine")
            try await t.publish(others + mine)
            #expect(try await t.receive(3, kinds: ["mine"]) == Set(mine.map(\.id)))
            #expect(try await t.delivery(["mine"], limit: 5, isShort: true) == .none)
            #expect(try await t.receive(3, kinds: ["others"]) == Set(others.prefix(3).map(\.id)))
        },
        Case("a worker for every kind receives every kind") { t in
            let entries = t.entries(2, kind: "a") + t.entries(2, kind: "b/c-d_e.f")
            try await t.publish(entries)
            #expect(try await t.receive(4, kinds: []) == Set(entries.map(\.id)))
        },
        Case("a worker for every kind receives jobs of another server after their kinds were recorded") {
            t in
            let entries = t.entries(2, kind: "a") + t.entries(2, kind: "b")
            async let received = t.receive(4, kinds: [], from: t.second)
            try await t.publish(entries)
            t.second.observeRemote(entries)
            #expect(try await received == Set(entries.map(\.id)))
            guard try await t.held(at: t.second) != nil else { return }
            let more = t.entries(3, kind: "a")
            let tries = try await t.publish(more)
            try await eventually("the broker holds the jobs") {
                let held = try await t.held(at: t.second) ?? 0
                return (3...3 * tries).contains(held)
            }
        },
        Case("higher bands of priority come first") { t in
            let low = t.entries(3, priority: 0)
            let medium = t.entries(3, priority: 5)
            let high = t.entries(3, priority: 9)
            try await t.publish(low + medium + high)
            #expect(try await t.receive(3, limit: 3) == Set(high.map(\.id)))
            #expect(try await t.receive(3, limit: 3) == Set(medium.map(\.id)))
            #expect(try await t.receive(3, limit: 3) == Set(low.map(\.id)))
        },
        Case("a delivery respects its limit, and other servers receive the rest") { t in
            let entries = t.entries(10)
            try await t.publish(entries)
            guard case .jobs(let some) = try await t.delivery(limit: 4) else {
                Issue.record("no jobs arrived")
                return
            }
            #expect((1...4).contains(some.count))
            try await t.first.acknowledge(some)
            let rest = try await t.receive(10 - some.count, from: t.second)
            #expect(rest.union(some) == Set(entries.map(\.id)))
        },
        Case("a server with unacknowledged jobs receives all others") { t in
            let entries = t.entries(30)
            try await t.first.publish(entries)
            let some = try await t.take(10)
            // More jobs than the maximum of unacknowledged ones, and then the rest.
            let more = try await t.take(15)
            let rest = try await t.take(5)
            #expect(some.union(more).union(rest) == Set(entries.map(\.id)))
            try await t.first.acknowledge(entries.map(\.id))
        },
        Case("the broker holds jobs until they are acknowledged") { t in
            let entries = t.entries(3)
            let tries = try await t.publish(entries)
            guard let held = try await t.held() else { return }
            #expect((3...3 * tries).contains(held))
            _ = try await t.receive(3)
            try await eventually("the broker holds no jobs") {
                // A repeated publish delivers a job more than once.
                if tries > 1 { _ = try await t.delivery(limit: 100, isShort: true) }
                return try await t.held() == 0
            }
        },
        Case("a wait ends at its deadline, at cancellation and at a hint") { t in
            let nothing = try await t.delivery(limit: 1, isShort: true)
            #expect(nothing == .none)
            let waiting = Task { [t] in try await t.first.receive(t.interest(), limit: 1, until: t.soon) }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            let before = t.first.wakeCount
            async let hinted = t.first.receive(t.interest(), limit: 1, until: t.soon, since: before)
            t.first.wake(t.interest([]))
            #expect(try await hinted == .checkStore)
            // Calls that begin later, after a query of the store before the hint.
            for kinds in [["a"], ["b"], []] {
                let delivery = try await t.first.receive(
                    t.interest(kinds), limit: 1, until: t.soon, since: before)
                #expect(delivery == .checkStore)
            }
        },
        Case("concurrent waits share the published jobs") { t in
            let entries = t.entries(40)
            let received = try await withThrowingTaskGroup(of: [JobID].self) { group in
                for number in 0..<8 {
                    group.addTask { [t] in
                        let queue = number % 2 == 0 ? t.first : t.second
                        return try await Array(t.receive(5, limit: 5, from: queue))
                    }
                }
                try await t.publish(entries)
                return try await group.reduce(into: Set<JobID>()) { $0.formUnion($1) }
            }
            #expect(received == Set(entries.map(\.id)))
        },
        Case("the queue is ready") { t in
            try await t.insist { try await t.first.checkReady() }
            #expect(t.first.carriesIdentifiers)
        },
    ]
}
