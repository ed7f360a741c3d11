import Foundation
import Glibc
import LonghaulCore

/// Workers as processes of this machine: started, watched and drained.
///
/// Each has an open pipe as its standard input and stops, as by SIGTERM, when that ends: so none outlives its
/// fleet for longer than its jobs, and telling one twice does not end it at once, as a second signal would. A
/// worker that is told to stop finishes what it runs; only then is it gone.
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

    /// A worker that ends sooner than this after its start could not work at all.
    private static let tooSoon = Duration.seconds(5)
    private static let longestPause = Duration.seconds(30)

    private let arguments: [String]
    private let maxWorkers: Int
    private let prefix: String
    /// Names of the workers that hold jobs, as the server tells them.
    private let busy: @Sendable () async throws -> Set<String>
    private var members: [Int: Member] = [:]
    private var lastNumber = 0
    private var pause = Duration.zero
    private var startsAgainAt = ContinuousClock.now
    private var emptied: [CheckedContinuation<Void, Never>] = []

    /// A fleet without workers.
    ///
    /// - Parameters:
    ///   - arguments: of this same program, to run one worker; its name is added.
    ///   - maxWorkers: never more processes, those that drain counted.
    ///   - busy: tells which workers hold jobs.
    init(
        arguments: [String], maxWorkers: Int, busy: @escaping @Sendable () async throws -> Set<String>
    ) {
        self.arguments = arguments
        self.maxWorkers = maxWorkers
        self.busy = busy
        prefix = "\(ProcessInfo.processInfo.hostName)-autoscale-\(getpid())"
    }

    /// How many workers take jobs.
    var current: Int { members.values.count { !$0.isDraining } }

    /// Starts or drains workers.
    func scale(to desired: Int) async {
        if desired > current {
            let room = min(desired - current, maxWorkers - members.count)
            for _ in 0..<max(0, room) where ContinuousClock.now >= startsAgainAt { start() }
        } else if desired < current {
            let idleFirst = await inOrderOfUse()
            for member in idleFirst.prefix(max(0, current - desired)) { drain(member) }
        }
    }

    /// Drains every worker, and returns when the last is gone.
    func stop() async {
        for member in members.values where !member.isDraining { drain(member) }
        guard !members.isEmpty else { return }
        await withCheckedContinuation { emptied.append($0) }
    }

    // MARK: One worker

    private func start() {
        lastNumber += 1
        let member = Member(lastNumber)
        let process = member.process
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments + ["--name", name(of: member)]
        process.standardInput = member.input
        // Standard error is shared: what workers tell belongs into this log.
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
            EventLog.tell(Note("a worker cannot be started: \(error)", level: .error))
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
        EventLog.tell(note)
        if !member.isDraining {
            if ContinuousClock.now - member.startedAt < Self.tooSoon { delayStarts() } else { pause = .zero }
        }
        guard members.isEmpty else { return }
        for continuation in emptied { continuation.resume() }
        emptied = []
    }

    /// Holds starts back for a while, longer each time.
    private func delayStarts() {
        pause = min(max(pause * 2, .seconds(1)), Self.longestPause)
        startsAgainAt = ContinuousClock.now + pause
    }

    private func name(of member: Member) -> String { "\(prefix)-\(member.number)" }

    /// Those that take jobs, the idle ones first, the newest first among equals.
    private func inOrderOfUse() async -> [Member] {
        let working = (try? await busy()) ?? []
        return members.values.filter { !$0.isDraining }.sorted { left, right in
            let (leftWorks, rightWorks) = (
                working.contains(name(of: left)), working.contains(name(of: right))
            )
            return leftWorks == rightWorks ? left.number > right.number : !leftWorks
        }
    }
}
