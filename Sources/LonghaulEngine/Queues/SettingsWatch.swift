import LonghaulConcurrency
import LonghaulCore
import Synchronization

/// Reads the settings of queues and the routing table when another server may have changed them.
final class SettingsWatch: BackgroundLoop {
    private let store: any JobStore
    private let cache: QueueSettingsCache
    private let time: any TimeSource
    let background = BackgroundTask()
    private let wakeUps = Inbox<Void>(capacity: 1)
    private let handler = Mutex<(@Sendable (QueueSettingsCache.Difference) -> Void)?>(nil)
    private let wakeHandler = Mutex<(@Sendable () -> Void)?>(nil)

    init(store: any JobStore, cache: QueueSettingsCache, time: any TimeSource) {
        self.store = store
        self.cache = cache
        self.time = time
    }

    /// Sets the handler that is called after each read, with what has changed in the cache.
    func onRead(_ handler: @escaping @Sendable (QueueSettingsCache.Difference) -> Void) {
        self.handler.withLock { $0 = handler }
    }

    /// Sets a handler that is called whenever settings may have changed, before they are read.
    func onWake(_ handler: @escaping @Sendable () -> Void) {
        wakeHandler.withLock { $0 = handler }
    }

    func run() async {
        while await wakeUps.next() != nil { await read() }
    }

    /// Makes the service read the settings. The store calls it on its own thread.
    func wake() {
        wakeUps.put(())
        wakeHandler.withLock { $0 }?()
    }

    /// Makes the service read the settings after a change by this server. Another server may have changed them at the same
    /// time, and then the settings that this call has stored are not the latest ones.
    func readAgain() { wakeUps.put(()) }

    private func read() async {
        while !Task.isCancelled {
            do {
                let revision = cache.revision
                let (queues, routing) = (try await store.queues(), try await store.routing())
                // A read that may be older than a change by this server is repeated.
                guard let difference = cache.replace(with: queues, routing, since: revision) else { continue }
                handler.withLock { $0 }?(difference)
                return
            } catch {
                // The store does not answer. The loop tries again until it does.
                try? await time.sleep(seconds: 1)
            }
        }
    }
}
