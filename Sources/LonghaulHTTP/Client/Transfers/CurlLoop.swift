import CCurl
import LonghaulConcurrency
import Synchronization

/// The thread of the client, which makes all calls of libcurl, and its inbox for other threads.
///
/// The inbox is not an ``Inbox``, because the thread sleeps in libcurl, and only `curl_multi_wakeup` wakes it.
///
/// Unchecked, because only the thread uses the state outside the mutex.
final class CurlLoop: @unchecked Sendable {
    private enum Command {
        case start(HTTPTransfer)
        case cancel(HTTPTransfer)
        case continueReceiving(HTTPTransfer)
        case continueSending(HTTPTransfer)
    }

    private struct State {
        var commands: [Command] = []
        /// The error of new requests after the loop was closed; nil while it is open.
        var closedReason: HTTPClientError?
        /// The handle; nil after the end of the thread.
        var multi: MultiHandle?
    }

    private let configuration: HTTPClientConfiguration
    private let inbox = Mutex(State())
    private let hasEnded = Event<Void>()

    // Only the loop's thread uses the following state.
    private var transfers: [UnsafeMutableRawPointer: HTTPTransfer] = [:]
    private var nextExpiry: ContinuousClock.Instant?

    /// Starts the thread. If that fails, all requests fail with the reason.
    init(_ configuration: HTTPClientConfiguration) {
        self.configuration = configuration
        do {
            let multi = try MultiHandle(configuration)
            inbox.withLock { $0.multi = multi }
            try startThread()
        } catch {
            inbox.withLock { inbox in
                inbox.multi = nil
                inbox.closedReason = error
            }
            hasEnded.fire()
        }
    }

    /// Starts a transfer, or ends it at once if the loop is closed.
    func start(_ transfer: HTTPTransfer) {
        if let closedReason = post(.start(transfer)) { transfer.finish(closedReason) }
    }

    /// Cancels a transfer in any state.
    func cancel(_ transfer: HTTPTransfer) {
        transfer.markCancelled()
        post(.cancel(transfer))
    }

    /// Resumes a paused transfer.
    func continueReceiving(_ transfer: HTTPTransfer) {
        post(.continueReceiving(transfer))
    }

    /// Ends all transfers, and then the thread.
    func stop() {
        inbox.withLock { inbox in
            inbox.closedReason = inbox.closedReason ?? .closed
            inbox.multi?.wakeUp()
        }
    }

    /// Waits until the thread has released its resources.
    func ended() async {
        await hasEnded.wait()
    }

    /// Adds a command to the inbox. Returns the reason if the loop is closed.
    @discardableResult
    private func post(_ command: Command) -> HTTPClientError? {
        inbox.withLock { inbox in
            if let closedReason = inbox.closedReason { return closedReason }
            inbox.commands.append(command)
            // One wake-up is enough for all commands that arrive before the thread reads the inbox.
            if inbox.commands.count == 1 { inbox.multi?.wakeUp() }
            return nil
        }
    }
}

/// The body of the thread.
extension CurlLoop {
    private func startThread() throws(HTTPClientError) {
        guard BlockingThread.start("lh-http-client", { self.run() }) else {
            throw HTTPClientError(.other, "cannot start the HTTP client's thread: \(NoThread())")
        }
    }

    private func run() {
        // Other threads handle signals. A broken pipe is an error code here.
        let blocked = longhaul_curl_block_signals()
        precondition(blocked == 0, "a thread's signals can always be blocked")
        guard let multi = inbox.withLock(\.multi) else { return }
        var reason = HTTPClientError.closed
        do {
            while takeCommands(multi) {
                for (easy, code) in try multi.perform() {
                    guard let transfer = transfers[easy] else { continue }
                    finish(transfer, transfer.failure(for: code), multi)
                }
                expire(multi)
                try multi.wait(until: nextExpiry)
            }
        } catch {
            reason = error
        }
        end(reason, multi)
    }

    /// Executes the commands of the inbox. Returns false if the loop must end.
    private func takeCommands(_ multi: MultiHandle) -> Bool {
        let (commands, isOpen) = inbox.withLock { inbox in
            defer { inbox.commands.removeAll(keepingCapacity: true) }
            return (inbox.commands, inbox.closedReason == nil)
        }
        for command in commands {
            switch command {
            case .start(let transfer): begin(transfer, multi)
            case .cancel(let transfer): finish(transfer, Self.cancelled, multi)
            case .continueReceiving(let transfer):
                transfer.isReceivingPaused = false
                applyPause(transfer, multi)
            case .continueSending(let transfer):
                transfer.isSendingPaused = false
                applyPause(transfer, multi)
            }
        }
        return isOpen
    }

    private static let cancelled = HTTPClientError(.cancelled, "the request was cancelled")

    private func begin(_ transfer: HTTPTransfer, _ multi: MultiHandle) {
        if transfer.isCancelled { return transfer.finish(Self.cancelled) }
        do {
            let easy = try transfer.prepare(configuration) { [weak self, weak transfer] in
                if let transfer { self?.post(.continueSending(transfer)) }
            }
            try multi.add(easy)
            transfers[easy.raw] = transfer
            watch(transfer, at: .now)
        } catch {
            transfer.finish(error)
        }
    }

    private func applyPause(_ transfer: HTTPTransfer, _ multi: MultiHandle) {
        guard transfer.easy != nil else { return }
        do {
            try transfer.applyPause()
        } catch {
            finish(transfer, error, multi)
        }
    }

    /// Removes a transfer from libcurl and delivers its result. Does nothing if the transfer was removed before.
    private func finish(_ transfer: HTTPTransfer, _ failure: HTTPClientError?, _ multi: MultiHandle) {
        guard let easy = transfer.easy, transfers.removeValue(forKey: easy.raw) != nil else { return }
        multi.remove(easy)
        transfer.finish(failure)
    }

    /// Ends transfers that have timed out. Scans them only when the first timeout may have passed.
    private func expire(_ multi: MultiHandle) {
        let now = ContinuousClock.now
        guard let nextExpiry, nextExpiry <= now else { return }
        self.nextExpiry = nil
        for transfer in transfers.values {
            if let failure = watch(transfer, at: now) { finish(transfer, failure, multi) }
        }
    }

    /// Schedules the next check of a transfer's timeouts. Returns an error if one has passed.
    @discardableResult
    private func watch(_ transfer: HTTPTransfer, at now: ContinuousClock.Instant) -> HTTPClientError? {
        let (failure, next) = transfer.expiry(at: now)
        // The next check handles a timeout that has already passed.
        let moment = failure == nil ? next : now
        if let moment { nextExpiry = nextExpiry.map { min($0, moment) } ?? moment }
        return failure
    }

    private func end(_ reason: HTTPClientError, _ multi: MultiHandle) {
        let commands = inbox.withLock { inbox in
            inbox.closedReason = inbox.closedReason ?? reason
            defer { inbox.commands = [] }
            return inbox.commands
        }
        for case .start(let transfer) in commands { transfer.finish(reason) }
        for transfer in transfers.values { finish(transfer, reason, multi) }
        inbox.withLock { $0.multi = nil }
        hasEnded.fire()
    }
}
