import CProcess
import Foundation
import LonghaulConcurrency
import LonghaulCore
import LonghaulPlatform
import Synchronization

/// A running program and its descendants. Writes its input, reads its output and kills the whole tree at its end.
///
/// Each program has a thread, because waiting for a process blocks.
final class Program: Sendable {
    /// How a program ended.
    enum End: Sendable, Hashable {
        case exit(Int32)
        case signal(Int32)
    }

    /// The output that a line came from.
    enum Output: Sendable { case standard, errors }

    /// The environment variable that marks the descendants of a program.
    static let mark = "LONGHAUL_PROGRAM_MARK"

    private let started: Spawn.Started
    private let mark: String
    private let killGrace: Duration
    private let mustEnd = Atomic(false)
    private let endEvent = longhaul_event_descriptor()
    private let isPaused: @Sendable () -> Bool
    private let line: @Sendable (Output, String) -> Void

    /// Starts a program. ``run(feeding:)`` must follow.
    ///
    /// - Parameters:
    ///   - isPaused: whether the program and everything that it started must be stopped. Checked at least four times
    ///     a second.
    ///   - line: receives each line of output, in order.
    init(
        _ arguments: [String], environment: [String: String], folder: String, limits: ProgramLimits = .init(),
        killGraceSeconds: Double, isPaused: @escaping @Sendable () -> Bool = { false },
        line: @escaping @Sendable (Output, String) -> Void
    ) throws {
        let worker = try WorkerFolder.current()
        try Guardian.shared.start(over: worker)
        let mark = "\(worker.name)/\(UUID().uuidString)"
        var environment = environment
        environment[Self.mark] = mark
        started = try Spawn.start(arguments, environment: environment, folder: folder, limits: limits)
        self.mark = "\(Self.mark)=\(mark)"
        self.isPaused = isPaused
        self.line = line
        killGrace = .seconds(killGraceSeconds)
    }

    /// Ends the program: SIGTERM to its group, then SIGKILL after the grace period.
    func end() {
        mustEnd.store(true, ordering: .releasing)
        var one: UInt64 = 1
        _ = write(endEvent, &one, 8)
    }

    deinit {
        if endEvent >= 0 { close(endEvent) }
    }

    /// Writes the input and reads the output until the program and its descendants have ended. Ends the program when
    /// the task is cancelled.
    func run(feeding input: [UInt8]) async -> End {
        await withTaskCancellationHandler {
            let ended = Event<End>()
            var backoff = ExponentialBackoff(initialSeconds: 0.05, maxSeconds: 5)
            while !BlockingThread.start("lh-program", { ended.fire(self.monitor(input)) }) {
                // The system has no thread left. Until it has one, the program runs, with its output in the pipes.
                let seconds = backoff.next(random: SystemRandom().fraction())
                // In a task of its own, which is not cancelled.
                await Task { try? await Task.sleep(for: .seconds(seconds)) }.value
            }
            return await ended.wait()
        } onCancel: {
            end()
        }
    }

    // MARK: On the program's thread

    private func monitor(_ input: [UInt8]) -> End {
        var pipes = ProgramPipes(started, wake: endEvent, input: input, line: line)
        var killAt: ContinuousClock.Instant?
        var isStopped = false
        let clock = ContinuousClock()
        while !hasEnded() {
            // Output, the end of the program and `end()` wake the thread. The timeout serves systems without a process
            // descriptor, and the check of `isPaused`.
            pipes.exchange(milliseconds: killAt == nil ? 250 : 20)
            guard mustEnd.load(ordering: .acquiring) else {
                let mustStop = isPaused()
                if mustStop != isStopped { signalAll(mustStop ? SIGSTOP : SIGCONT) }
                isStopped = mustStop
                continue
            }
            if let deadline = killAt {
                if clock.now >= deadline { signalAll(SIGKILL) }
            } else {
                terminate()
                if isStopped { signalAll(SIGCONT) }
                killAt = clock.now + killGrace
            }
        }
        let strays = sweep()
        pipes.finish()
        Guardian.shared.programEnded(started.process)
        let end = reap()
        for stray in strays { waitpid(stray, nil, WNOHANG) }
        Subreaper.reap(ProcessTable.entries())
        return end
    }

    /// Whether the program itself has ended. It is not reaped yet, so that the system does not reuse its process ID.
    private func hasEnded() -> Bool {
        var info = siginfo_t()
        return waitid(P_PID, id_t(started.process), &info, WEXITED | WNOHANG | WNOWAIT) != 0
            || info.si_signo != 0
    }

    private func reap() -> End {
        var status: Int32 = 0
        while waitpid(started.process, &status, 0) < 0, errno == EINTR { continue }
        Subreaper.remove(started.process)
        let signal = status & 0x7F
        return signal == 0 ? .exit(status >> 8 & 0xFF) : .signal(signal)
    }

    /// Sends SIGTERM once to each process. The processes are listed before: those that the program starts to clean up must not
    /// get the signal.
    private func terminate() {
        let entries = ProcessTable.entries()
        let ownGroup = Set(entries.filter { [started] in $0.group == started.process }.map(\.process))
        kill(-started.process, SIGTERM)
        for process in descendants(entries).subtracting(ownGroup) { kill(process, SIGTERM) }
    }

    private func signalAll(_ signal: Int32) {
        kill(-started.process, signal)
        for process in descendants(ProcessTable.entries()) where process != started.process {
            kill(process, signal)
        }
    }

    /// The descendants of the program and the processes with its mark, in any process group and session.
    private func descendants(_ entries: [ProcessTable.Entry]) -> Set<pid_t> {
        var found = ProcessTable.descendants(of: started.process, in: entries)
        for entry in entries where !entry.isZombie && ProcessTable.has(entry.process, mark) {
            found.insert(entry.process)
        }
        return found.subtracting([started.process, getpid()])
    }

    /// Kills the remaining descendants of the program, for up to five seconds. Returns the killed processes.
    private func sweep() -> Set<pid_t> {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(5)
        var killed: Set<pid_t> = []
        while clock.now < deadline {
            kill(-started.process, SIGKILL)
            let entries = ProcessTable.entries()
            let zombies = Set(entries.lazy.filter(\.isZombie).map(\.process))
            let left = descendants(entries).subtracting(zombies)
            if left.isEmpty { break }
            for process in left { kill(process, SIGKILL) }
            killed.formUnion(left)
            usleep(2000)
        }
        return killed
    }
}
