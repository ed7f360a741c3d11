import Foundation
import Glibc
import LonghaulConcurrency
import LonghaulCore

/// Starts, monitors and drains workers as processes of this machine.
///
/// The standard input of each worker is a pipe. When the pipe closes, the worker stops as after SIGTERM. So a worker
/// outlives its fleet only while it finishes its jobs. A repeated request to stop has no effect, in contrast to a second
/// signal.
actor WorkerFleet: ScaleDriver {
    private final class Member {
        let number: Int
        let process = Process()
        let input = Pipe()
        let startedAt = ContinuousClock.now
        var isDraining = false

        init(_ number: Int) {
            self.number = number
        }
    }

    /// A worker that ends within this time after its start has failed to start.
    private static let minLifetime = Duration.seconds(5)

    private let arguments: [String]
    private let maxWorkers: Int
    private let prefix: String
    /// Returns the names of the workers that run jobs.
    private let busy: @Sendable () async throws -> Set<String>
    private var members: [Int: Member] = [:]
    private var lastNumber = 0
    private var backoff = ExponentialBackoff(initialSeconds: 1, maxSeconds: 30, jitter: 0)
    private var startsAgainAt = ContinuousClock.now
    /// The end of the last worker, after ``stop()``.
    private var emptied: Event<Void>?

    /// Creates a fleet without workers.
    ///
    /// - Parameters:
    ///   - arguments: the command line of a worker. The fleet adds the name.
    ///   - maxWorkers: the maximum number of processes, including draining ones.
    ///   - busy: returns the names of the workers that run jobs.
    init(
        arguments: [String], maxWorkers: Int, busy: @escaping @Sendable () async throws -> Set<String>
    ) {
        self.arguments = arguments
        self.maxWorkers = maxWorkers
        self.busy = busy
        prefix = "\(ProcessInfo.processInfo.hostName)-autoscale-\(getpid())"
    }

    /// The number of workers that take jobs.
    var current: Int { members.values.count { !$0.isDraining } }

    /// Starts or drains workers.
    func scale(to desired: Int) async {
        if desired > current {
            let room = min(desired - current, maxWorkers - members.count)
            for _ in 0..<max(0, room) where ContinuousClock.now >= startsAgainAt { start() }
        } else if desired < current {
            let idleFirst = await drainOrder()
            for member in idleFirst.prefix(max(0, current - desired)) { drain(member) }
        }
    }

    /// Drains all workers and waits for the end of the last one.
    func stop() async {
        for member in members.values where !member.isDraining { drain(member) }
        guard !members.isEmpty else { return }
        let event = emptied ?? Event()
        emptied = event
        await event.wait()
    }

    // MARK: One worker

    private func start() {
        lastNumber += 1
        let member = Member(lastNumber)
        let process = member.process
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments + ["--name", name(of: member)]
        process.standardInput = member.input
        // Workers write to the same log, on the shared standard error.
        process.standardOutput = FileHandle.nullDevice
        _ = fcntl(member.input.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        process.terminationHandler = { [weak self, number = member.number] process in
            let end =
                process.terminationReason == .exit
                ? "exit \(process.terminationStatus)" : "signal \(process.terminationStatus)"
            Task { await self?.ended(number, end) }
        }
        do {
            try process.run()
            members[member.number] = member
        } catch {
            EventLog.log(Note("a worker cannot be started: \(error)", level: .error))
            delayStarts()
        }
    }

    private func drain(_ member: Member) {
        member.isDraining = true
        try? member.input.fileHandleForWriting.close()
    }

    private func ended(_ number: Int, _ end: String) {
        guard let member = members.removeValue(forKey: number) else { return }
        var note: Note = "worker \(name(of: member)) ended: \(end)"
        if !member.isDraining || end != "exit 0" { note.level = .warning }
        EventLog.log(note)
        if !member.isDraining {
            if ContinuousClock.now - member.startedAt < Self.minLifetime {
                delayStarts()
            } else {
                backoff.reset()
            }
        }
        if members.isEmpty { emptied?.fire() }
    }

    /// Delays the next starts, with an exponential back-off.
    private func delayStarts() {
        startsAgainAt = ContinuousClock.now + .seconds(backoff.next())
    }

    private func name(of member: Member) -> String { "\(prefix)-\(member.number)" }

    /// The workers that take jobs: idle ones first, then the newest first.
    private func drainOrder() async -> [Member] {
        let working = (try? await busy()) ?? []
        return members.values.filter { !$0.isDraining }.sorted { left, right in
            let (leftWorks, rightWorks) = (
                working.contains(name(of: left)), working.contains(name(of: right))
            )
            return leftWorks == rightWorks ? left.number > right.number : !leftWorks
        }
    }
}
