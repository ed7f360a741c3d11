import LonghaulConcurrency
import LonghaulCore
import Synchronization

/// Reads the settings of queues and the routing table when another server may have changed them.
final class SettingsWatch: BackgroundLoop {
    private let store: any JobStore
    private let time: any TimeSource
    let background = BackgroundTask()
    private let wakeUps = Inbox<Void>(capacity: 1)
    private let handler = Mutex<(@Sendable ([QueueRecord], RoutingTable) -> Void)?>(nil)
    private let wakeHandler = Mutex<(@Sendable () -> Void)?>(nil)

    init(store: any JobStore, time: any TimeSource) {
        self.store = store
        self.time = time
    }

    /// Sets the handler that receives the settings after they were read.
    func onRead(_ handler: @escaping @Sendable ([QueueRecord], RoutingTable) -> Void) {
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
                let (queues, routing) = (try await store.queues(), try await store.routing())
                handler.withLock { $0 }?(queues, routing)
                return
            } catch {
                // The store does not answer. The loop tries again until it does.
                try? await time.sleep(seconds: 1)
            }
        }
    }
}
