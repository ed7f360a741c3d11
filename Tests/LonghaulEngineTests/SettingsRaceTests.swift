import LonghaulCore
import LonghaulMemory
import LonghaulStore
import LonghaulTestSupport
import Testing

@testable import LonghaulEngine

/// Two servers that change settings at the same time.
@Suite struct SettingsRaceTests {
    /// The answer of a change may come after another server's change was read. Here that server is the store alone, which
    /// does not notify the engine.
    @Test func latestSettingsCountAfterAChangeByThisServer() async throws {
        let database = MemoryDatabase()
        let other = MemoryStore.open(database)
        let engine = Engine(
            store: MemoryStore.open(database), queue: StoreQueue(time: SystemTime()),
            artifacts: MemoryArtifactStore())
        try await engine.start()
        try await withCleanup {
            await engine.stop()
        } _: {
            _ = try await engine.setQueue("mail", QueueSettings(paused: true))
            _ = try await other.setQueue("mail", QueueSettings(paused: false))
            _ = try await engine.setQueue("video", QueueSettings(paused: true))
            try await eventually("the engine knows that mail is not paused") {
                !engine.settingsCache.isPaused("mail")
            }
            #expect(engine.settingsCache.isPaused("video"))
            _ = try await other.setQueue("mail", QueueSettings(paused: true))
            _ = try await engine.setRouting(RoutingTable())
            try await eventually("the engine knows that mail is paused") {
                engine.settingsCache.isPaused("mail")
            }
        }
    }

    /// A read that began before a change by this server, and ends after it, does not hide the change.
    @Test func olderReadDoesNotHideAChangeByThisServer() async throws {
        let driver = HookedDriver()
        let engine = Engine(
            store: Store(driver), queue: StoreQueue(time: SystemTime()), artifacts: MemoryArtifactStore())
        try await engine.start()
        try await withCleanup {
            await engine.stop()
        } _: {
            let isKnown = Recorder<Bool>()
            let once = Once()
            driver.afterRead {
                if once.use() {
                    _ = try await engine.setQueue("small", QueueSettings(maxSize: 10))
                } else {
                    isKnown.add(engine.settingsCache.settings(of: "small") != nil)
                }
            }
            engine.settingsWatch.wake()
            let values = try await isKnown.wait(for: "the settings are read again") { $0.count >= 4 }
            #expect(!values.contains(false))
        }
    }
}
