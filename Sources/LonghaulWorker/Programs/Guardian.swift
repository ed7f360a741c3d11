import CProcess
import Glibc
import Synchronization

/// A small process that outlives this one, however it ends, and then kills the programs that it left behind.
///
/// It is started before the first program. See `Guardian.c`.
final class Guardian: Sendable {
    /// The guardian of this process.
    static let shared = Guardian()

    private struct State {
        var descriptor: Int32 = -1
        var process: pid_t = 0
        /// The programs that run. They are reported to each new guardian.
        var programs: Set<pid_t> = []
    }

    private let state = Mutex(State())

    private init() {}

    /// The guardian's process; 0 before it is started.
    var process: pid_t { state.withLock { $0.process } }

    /// Starts the guardian, unless it runs.
    ///
    /// - Throws: ``Spawn/Fault`` if the system lets no process start.
    func start(over folder: WorkerFolder) throws(Spawn.Fault) {
        let fault = state.withLock { state -> Int32? in
            // 0 is no process: it only asks whether the guardian still listens.
            if state.descriptor >= 0, longhaul_tell_guardian(state.descriptor, 0) == 0 { return nil }
            if state.descriptor >= 0 { close(state.descriptor) }
            state.descriptor = -1
            state.process = 0
            let answer = longhaul_start_guardian(
                folder.path, "\(Program.mark)=\(folder.name)/", &state.process)
            guard answer >= 0 else { return -answer }
            state.descriptor = answer
            for program in state.programs { Self.report(program, to: state) }
            return nil
        }
        if let fault {
            throw Spawn.Fault(
                message: "cannot start the guardian of programs: \(String(cString: strerror(fault)))")
        }
    }

    /// Reports a program that has started.
    func programStarted(_ process: pid_t) {
        state.withLock { state in
            state.programs.insert(process)
            Self.report(process, to: state)
        }
    }

    /// Reports a program that has ended and is about to be reaped.
    func programEnded(_ process: pid_t) {
        state.withLock { state in
            state.programs.remove(process)
            Self.report(-process, to: state)
        }
    }

    private static func report(_ message: pid_t, to state: State) {
        guard state.descriptor >= 0 else { return }
        _ = longhaul_tell_guardian(state.descriptor, message)
    }
}
