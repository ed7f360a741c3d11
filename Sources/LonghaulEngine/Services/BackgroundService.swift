/// A part of the engine that works in the background.
///
/// ``start()`` and ``stop()`` may be called in any order, at the same time and repeatedly. The service works while the
/// latest call was `start`. A service that was stopped can be started again.
protocol BackgroundService: Sendable {
    /// Starts the service unless it is started. Returns at once.
    func start()

    /// Stops the service, and returns after its work has ended.
    func stop() async
}

/// A service with one loop.
protocol BackgroundLoop: BackgroundService {
    /// The task that runs the loop.
    var background: BackgroundTask { get }

    /// The loop. It returns soon after its task is cancelled.
    func run() async
}

extension BackgroundLoop {
    func start() {
        background.start { [self] in await run() }
    }

    func stop() async {
        await background.stop()
    }
}

/// Services that start in order and stop in the reverse order.
struct ServiceList: BackgroundService {
    let services: [any BackgroundService]

    init(_ services: [any BackgroundService]) {
        self.services = services
    }

    func start() {
        for service in services { service.start() }
    }

    func stop() async {
        for service in services.reversed() { await service.stop() }
    }
}
