import CProcess
import LonghaulPlatform
import Synchronization

/// A small process that outlives the worker. When the worker has ended for any reason, the guardian kills the
/// programs that are still running.
///
/// It is started before the first program. See `Guardian.c`.
final class Guardian: Sendable {
    /// The guardian of this process.
    static let shared = Guardian()

    private struct State {
        var descriptor: Int32 = -1
        var process: pid_t = 0
        /// The running programs. Each new guardian is notified of them.
        var programs: Set<pid_t> = []
    }

    private let state = Mutex(State())

    private init() {}

    /// The process ID of the guardian; 0 before the start.
    var process: pid_t { state.withLock { $0.process } }

    /// Starts the guardian if it is not running.
    ///
    /// - Throws: ``Spawn/Fault`` if the system cannot start a process.
    func start(over folder: WorkerFolder) throws(Spawn.Fault) {
        let fault = state.withLock { state -> Int32? in
            // Process 0 does not exist: the message only checks that the guardian is running.
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
