import CCurl
import Glibc
import Synchronization

/// The client's one thread, on which everything of libcurl happens, and the inbox through which other
/// threads talk to it.
///
/// Unchecked, because what is not behind the mutex belongs to the thread alone.
final class CurlLoop: @unchecked Sendable {
    private enum Command {
        case start(HTTPTransfer)
        case cancel(HTTPTransfer)
        case continueReceiving(HTTPTransfer)
        case continueSending(HTTPTransfer)
    }

    private struct Inbox {
        var commands: [Command] = []
        /// Why no more requests are taken.
        var refusal: HTTPClientError?
        /// Whom to tell when the thread has ended.
        var waiters: [CheckedContinuation<Void, Never>] = []
        /// Gone when the thread has ended.
        var multi: MultiHandle?
    }

    private let configuration: HTTPClientConfiguration
    private let inbox: Mutex<Inbox>

    // The loop's thread only.
    private var transfers: [UnsafeMutableRawPointer: HTTPTransfer] = [:]
    private var nextExpiry: ContinuousClock.Instant?

    /// Starts the thread. If that fails, every request is refused with the reason.
    init(_ configuration: HTTPClientConfiguration) {
        self.configuration = configuration
        inbox = Mutex(Inbox())
        do {
            let multi = try MultiHandle(configuration)
            inbox.withLock { $0.multi = multi }
            try startThread()
        } catch {
            inbox.withLock { inbox in
                inbox.multi = nil
                inbox.refusal = error
            }
        }
    }

    /// Starts a transfer, or ends it at once if the loop takes none any more.
    func start(_ transfer: HTTPTransfer) {
        if let refusal = post(.start(transfer)) { transfer.finish(refusal) }
    }

    /// Ends a transfer, wherever it is; also before it has been started.
    func cancel(_ transfer: HTTPTransfer) {
        transfer.markCancelled()
        post(.cancel(transfer))
    }

    /// Lets a transfer go on that waits for its reader.
    func continueReceiving(_ transfer: HTTPTransfer) {
        post(.continueReceiving(transfer))
    }

    /// Ends all transfers and then the thread.
    func stop() {
        inbox.withLock { inbox in
            inbox.refusal = inbox.refusal ?? .closed
            inbox.multi?.wakeUp()
        }
    }

    /// Waits until the thread has let go of everything.
    func ended() async {
        await withCheckedContinuation { continuation in
            let hasEnded = inbox.withLock { inbox in
                if inbox.multi != nil { inbox.waiters.append(continuation) }
                return inbox.multi == nil
            }
            if hasEnded { continuation.resume() }
        }
    }

    /// Puts a command in the inbox; returns why not, if it is closed.
    @discardableResult
    private func post(_ command: Command) -> HTTPClientError? {
        inbox.withLock { inbox in
            if let refusal = inbox.refusal { return refusal }
            inbox.commands.append(command)
            // One call is enough for all that come before the thread looks.
            if inbox.commands.count == 1 { inbox.multi?.wakeUp() }
            return nil
        }
    }
}

/// What the thread does.
extension CurlLoop {
    private func startThread() throws(HTTPClientError) {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self)
        let code = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<CurlLoop>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, context.toOpaque())
        guard code == 0 else {
            context.release()
            throw HTTPClientError(
                .other, "cannot start the HTTP client's thread: \(HTTPClientError.systemMessage(code))")
        }
        pthread_detach(thread)
    }

    private func run() {
        // Signals are for the program's other threads; a broken pipe is an error code here.
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

    /// Carries out what is in the inbox. Returns false when the loop is to end.
    private func takeCommands(_ multi: MultiHandle) -> Bool {
        let (commands, isOpen) = inbox.withLock { inbox in
            defer { inbox.commands.removeAll(keepingCapacity: true) }
            return (inbox.commands, inbox.refusal == nil)
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

    /// Takes a transfer from libcurl and delivers its end. Does nothing if that has been done.
    private func finish(_ transfer: HTTPTransfer, _ failure: HTTPClientError?, _ multi: MultiHandle) {
        guard let easy = transfer.easy, transfers.removeValue(forKey: easy.raw) != nil else { return }
        multi.remove(easy)
        transfer.finish(failure)
    }

    /// Ends what has taken too long. Looks only when the first of all timeouts may have passed.
    private func expire(_ multi: MultiHandle) {
        let now = ContinuousClock.now
        guard let nextExpiry, nextExpiry <= now else { return }
        self.nextExpiry = nil
        for transfer in transfers.values {
            if let failure = watch(transfer, at: now) { finish(transfer, failure, multi) }
        }
    }

    /// Sees to it that the loop looks at a transfer's timeouts in time; returns one that has passed.
    @discardableResult
    private func watch(_ transfer: HTTPTransfer, at now: ContinuousClock.Instant) -> HTTPClientError? {
        let (failure, next) = transfer.expiry(at: now)
        // A timeout that has passed already is for the next look.
        let moment = failure == nil ? next : now
        if let moment { nextExpiry = nextExpiry.map { min($0, moment) } ?? moment }
        return failure
    }

    private func end(_ reason: HTTPClientError, _ multi: MultiHandle) {
        let commands = inbox.withLock { inbox in
            inbox.refusal = inbox.refusal ?? reason
            defer { inbox.commands = [] }
            return inbox.commands
        }
        for case .start(let transfer) in commands { transfer.finish(reason) }
        for transfer in transfers.values { finish(transfer, reason, multi) }
        let waiters = inbox.withLock { inbox in
            inbox.multi = nil
            defer { inbox.waiters = [] }
            return inbox.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}
