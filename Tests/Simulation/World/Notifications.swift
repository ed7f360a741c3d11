import LonghaulCore

/// Carries the changes that a server commits to the other servers, as a database with notifications does. It keeps the
/// order of the changes, and loses and delays them.
final class Notifications: @unchecked Sendable {
    /// A server's process, as the database sees it.
    final class Listener: @unchecked Sendable {
        fileprivate let life: ProcessLife
        fileprivate var events: [Event] = []
        var changes: ((ChangeBatch) -> Void)?
        var settings: (() -> Void)?

        fileprivate init(life: ProcessLife) {
            self.life = life
        }
    }

    fileprivate enum Event {
        case changes(ChangeBatch)
        case settings
    }

    private let scheduler: Scheduler
    private let trace: Trace
    private let losses: Int
    private var listeners: [Listener] = []
    var isFaulty = true

    /// - Parameter losses: the share of notifications that are lost, in thousandths.
    init(scheduler: Scheduler, trace: Trace, losses: Int) {
        self.scheduler = scheduler
        self.trace = trace
        self.losses = losses
    }

    /// A new listener of a process.
    func listener(life: ProcessLife) -> Listener {
        let listener = Listener(life: life)
        listeners.append(listener)
        return listener
    }

    /// Sends the changes that a server has committed to the other servers.
    func publish(_ batch: ChangeBatch, from sender: Listener) {
        send(
            .changes(ChangeBatch(batch.changes, origin: .remote, countsInMetrics: false)), from: sender)
    }

    /// Makes the other servers read the settings again.
    func announceSettings(from sender: Listener) {
        send(.settings, from: sender)
    }

    private func send(_ event: Event, from sender: Listener) {
        listeners.removeAll { !$0.life.isAlive }
        for listener in listeners where listener !== sender && listener.changes != nil {
            if isFaulty, scheduler.dice.chance(losses) {
                trace.fault("lost notification")
                continue
            }
            listener.events.append(event)
            Task { await deliverNext(to: listener) }
        }
    }

    private func deliverNext(to listener: Listener) async {
        if scheduler.dice.chance(200) {
            await scheduler.pause(seconds: scheduler.dice.seconds(0.001...0.3))
        } else {
            await scheduler.yield()
        }
        let event = listener.events.removeFirst()
        guard listener.life.isAlive else { return }
        switch event {
        case .changes(let batch): listener.changes?(batch)
        case .settings: listener.settings?()
        }
    }
}
