import CProcess
import Glibc
import Synchronization

/// The programs that this process has started and not yet reaped.
///
/// With ``adoptOrphans()`` this process also becomes the parent of every process that its programs leave behind, so
/// that none escapes to the system, and each is reaped.
public enum Subreaper {
    private struct State {
        var programs: Set<pid_t> = []
        /// How many programs are being started: they may have a process that is not in `programs` yet.
        var starting = 0
        var adopts = false
    }

    private static let state = Mutex(State())

    /// Makes this process adopt the orphans of its programs. Only for a process whose children are all programs of
    /// workers: it would reap children started in any other way before their owner asks for them.
    public static func adoptOrphans() {
        guard longhaul_adopt_orphans() == 0 else { return }
        state.withLock { $0.adopts = true }
    }

    /// Starts a program with `body`, which returns its process or a negative errno, and registers it. Until then,
    /// ``reap(_:)`` takes no process for an orphan.
    static func start(_ body: () -> pid_t) -> pid_t {
        state.withLock { $0.starting += 1 }
        let process = body()
        state.withLock { state in
            state.starting -= 1
            if process > 0 { state.programs.insert(process) }
        }
        return process
    }

    static func remove(_ process: pid_t) {
        state.withLock { _ = $0.programs.remove(process) }
    }

    /// Reaps adopted children that have ended. While no program runs, it also kills those that have not: they hid
    /// from the sweep of their program by a session, a parent and an environment of their own.
    static func reap(_ entries: [ProcessTable.Entry]) {
        let own = getpid()
        let guardian = Guardian.shared.process
        let programs = state.withLock { $0.adopts && $0.starting == 0 ? $0.programs : nil }
        guard let programs else { return }
        for entry in entries
        where entry.parent == own && entry.process != guardian && !programs.contains(entry.process) {
            if !entry.isZombie {
                guard programs.isEmpty else { continue }
                let strays = ProcessTable.descendants(of: entry.process, in: entries)
                for process in strays.union([entry.process]) { kill(process, SIGKILL) }
            }
            waitpid(entry.process, nil, WNOHANG)
        }
    }
}
