import CProcess
import Glibc
import Synchronization

/// The programs that this process has started and not yet reaped.
///
/// With ``adoptOrphans()`` this process also becomes the parent of whatever its programs leave behind, so that
/// nothing escapes to the system, and everything that ends is reaped.
public enum Orphanage {
    private struct State {
        var programs: Set<pid_t> = []
        var adopts = false
    }

    private static let state = Mutex(State())

    /// Makes this process adopt the orphans of its programs. Only for a process whose children are all
    /// programs of workers: children started in any other way would be reaped before their owner asks.
    public static func adoptOrphans() {
        guard longhaul_adopt_orphans() == 0 else { return }
        state.withLock { $0.adopts = true }
    }

    static func add(_ process: pid_t) {
        state.withLock { _ = $0.programs.insert(process) }
    }

    static func remove(_ process: pid_t) {
        state.withLock { _ = $0.programs.remove(process) }
    }

    /// Reaps adopted children that have ended.
    static func reap(_ entries: [ProcessTable.Entry]) {
        let own = getpid()
        let programs = state.withLock { $0.adopts ? $0.programs : nil }
        guard let programs else { return }
        for entry in entries where entry.isZombie && entry.parent == own && !programs.contains(entry.process)
        {
            waitpid(entry.process, nil, WNOHANG)
        }
    }
}
