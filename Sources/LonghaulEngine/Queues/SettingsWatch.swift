import LonghaulCore

/// Reads bounds of queues and the routing table again when another server may have set them.
final class SettingsWatch: Sendable {
    private let store: any JobStore
    private let time: any TimeSource
    private let background = Background()
    private let (news, input) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    init(store: any JobStore, time: any TimeSource) {
        self.store = store
        self.time = time
    }

    /// Starts, with whom to hand what was read to.
    func start(_ adopt: @escaping @Sendable ([QueueRecord], RoutingTable) -> Void) {
        background.start { [self] in
            for await _ in news { await read(adopt) }
        }
    }

    func stop() async {
        await background.stop()
    }

    /// Called by the store, on a thread of the store's.
    func notice() {
        input.yield()
    }

    private func read(_ adopt: ([QueueRecord], RoutingTable) -> Void) async {
        while !Task.isCancelled {
            do {
                return adopt(try await store.queues(), try await store.routing())
            } catch {
                // The store is away: what was set meanwhile is read when it is back.
                try? await time.sleep(until: time.now().adding(seconds: 1))
            }
        }
    }
}
