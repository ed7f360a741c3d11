import LonghaulCore
import LonghaulTestSupport
import Synchronization
import Testing

@testable import LonghaulAWS

/// When credentials are read again.
struct CredentialCacheTests {
    /// A source that returns new credentials, or an error, at each call.
    private final class Source: CredentialSource {
        let calls = Mutex(0)
        let fails = Mutex(false)
        let place = "a test"
        let time: ManualTime
        let lifeSeconds: Double?

        init(_ time: ManualTime, lifeSeconds: Double?) {
            self.time = time
            self.lifeSeconds = lifeSeconds
        }

        var count: Int { calls.withLock { $0 } }

        func read() async throws(AWSError) -> AWSCredentials? {
            let number = calls.withLock { count in
                count += 1
                return count
            }
            // Lets other callers arrive while this call runs.
            for _ in 0..<20 { await Task.yield() }
            if fails.withLock({ $0 }) { throw AWSError(.credentials, "the source is broken") }
            return AWSCredentials(
                accessKeyID: "K\(number)", secretAccessKey: "s",
                expiresAt: lifeSeconds.map { time.now().adding(seconds: $0) })
        }
    }

    private let time = ManualTime()

    @Test func callersShareOneReading() async throws {
        let source = Source(time, lifeSeconds: nil)
        let cache = CredentialCache([source], time: time)
        let keys = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<50 { group.addTask { try await cache.credentials().accessKeyID } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(keys == ["K1"] && source.count == 1)
    }

    @Test func credentialsAreReadAgainBeforeTheyExpire() async throws {
        let source = Source(time, lifeSeconds: 3600)
        let cache = CredentialCache([source], time: time)
        _ = try await cache.credentials()
        time.advance(seconds: 3600 - 901)
        #expect(try await cache.credentials().accessKeyID == "K1")
        time.advance(seconds: 2)
        #expect(try await cache.credentials().accessKeyID == "K2")
    }

    @Test func shortCredentialsAreKeptForThreeQuartersOfTheirLife() async throws {
        let source = Source(time, lifeSeconds: 400)
        let cache = CredentialCache([source], time: time)
        _ = try await cache.credentials()
        time.advance(seconds: 299)
        #expect(try await cache.credentials().accessKeyID == "K1")
        time.advance(seconds: 2)
        #expect(try await cache.credentials().accessKeyID == "K2")
    }

    @Test func brokenSourceFailsOnlyWithoutValidCredentials() async throws {
        let source = Source(time, lifeSeconds: 3600)
        let cache = CredentialCache([source], time: time)
        _ = try await cache.credentials()
        source.fails.withLock { $0 = true }
        time.advance(seconds: 2701)
        #expect(try await cache.credentials().accessKeyID == "K1")
        #expect(try await cache.credentials().accessKeyID == "K1")
        #expect(source.count == 2)
        time.advance(seconds: 31)
        #expect(try await cache.credentials().accessKeyID == "K1")
        #expect(source.count == 3)
        time.advance(seconds: 850)
        await #expect(throws: AWSError(.credentials, "the source is broken")) {
            try await cache.credentials()
        }
        source.fails.withLock { $0 = false }
        #expect(try await cache.credentials().accessKeyID == "K5")
    }

    @Test func discardedCredentialsAreReadAgain() async throws {
        let source = Source(time, lifeSeconds: nil)
        let cache = CredentialCache([source], time: time)
        let old = try await cache.credentials()
        time.advance(seconds: 1_000_000)
        #expect(try await cache.credentials() == old)
        cache.discard(old)
        let new = try await cache.credentials()
        #expect(new.accessKeyID == "K2")
        // Another request still fails with the old ones.
        cache.discard(old)
        #expect(try await cache.credentials() == new)
    }
}
