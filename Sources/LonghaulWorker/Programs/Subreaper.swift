import CProcess
import LonghaulPlatform
import Synchronization

/// The programs that this process has started and not yet reaped.
///
/// With ``adoptOrphans()``, this process becomes the parent of every orphan of its programs, and reaps it.
public enum Subreaper {
    private struct State {
        var programs: Set<pid_t> = []
        /// The number of programs being started. Their processes may be missing in `programs`.
        var starting = 0
        var adopts = false
    }

    private static let state = Mutex(State())

    /// Makes this process adopt the orphans of its programs. Use it only in a process whose children are all programs
    /// of workers: it reaps other children before their owner can wait for them.
    public static func adoptOrphans() {
        guard longhaul_adopt_orphans() == 0 else { return }
        state.withLock { $0.adopts = true }
    }

    /// Starts and registers a program with `body`, which returns its process ID or a negative errno. During the start,
    /// ``reap(_:)`` does nothing.
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

    /// Reaps adopted children that have ended. While no program runs, it also kills the others: they have changed their
    /// session, parent and environment, so that the sweep of their program did not find them.
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
