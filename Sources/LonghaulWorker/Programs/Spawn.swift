import CProcess
import Glibc

/// Starts programs. Swift has no fork; `posix_spawn` does what is needed: a group of its own, a working folder,
/// default signals, and no descriptor but the three standard ones.
enum Spawn {
    /// A program that could not be started.
    struct Fault: Error {
        let message: String
    }

    /// The ends of a started program's pipes that are ours, none of which blocks, and its process.
    struct Started {
        let process: pid_t
        /// Becomes readable when the process ends; -1 where the system has no such thing.
        let ended: Int32
        let input: Int32
        let output: Int32
        let errors: Int32
    }

    /// Starts a program.
    static func start(
        _ arguments: [String], environment: [String: String], folder: String
    ) throws(Fault) -> Started {
        let input = try Pipe()
        let output = try Pipe()
        let errors = try Pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        try check(posix_spawn_file_actions_adddup2(&actions, input.reading.number, 0))
        try check(posix_spawn_file_actions_adddup2(&actions, output.writing.number, 1))
        try check(posix_spawn_file_actions_adddup2(&actions, errors.writing.number, 2))
        try check(longhaul_spawn_close_from(&actions, 3))
        try check(longhaul_spawn_change_folder(&actions, folder))
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        try prepare(&attributes)
        let process = try spawn(arguments, environment, &actions, &attributes)
        let ended = longhaul_process_descriptor(process)
        return Started(
            process: process, ended: ended, input: input.writing.keep(), output: output.reading.keep(),
            errors: errors.reading.keep())
    }

    private static func prepare(_ attributes: inout posix_spawnattr_t) throws(Fault) {
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        try check(posix_spawnattr_setpgroup(&attributes, 0))
        try check(posix_spawnattr_setsigmask(&attributes, &none))
        try check(posix_spawnattr_setsigdefault(&attributes, &all))
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        try check(posix_spawnattr_setflags(&attributes, Int16(flags)))
    }

    private static func spawn(
        _ arguments: [String], _ environment: [String: String], _ actions: inout posix_spawn_file_actions_t,
        _ attributes: inout posix_spawnattr_t
    ) throws(Fault) -> pid_t {
        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var process: pid_t = 0
        guard let program = argv[0] else { throw Fault(message: "the command is empty") }
        let code = posix_spawnp(&process, program, &actions, &attributes, &argv, &envp)
        guard code == 0 else {
            throw Fault(message: "cannot start \(arguments.first ?? ""): \(String(cString: strerror(code)))")
        }
        return process
    }

    private static func check(_ code: Int32) throws(Fault) {
        guard code == 0 else {
            throw Fault(message: "cannot prepare a program: \(String(cString: strerror(code)))")
        }
    }
}

/// A pipe, both ends of which are closed unless they are kept.
private struct Pipe: ~Copyable {
    let reading: End
    let writing: End

    init() throws(Spawn.Fault) {
        var ends: [Int32] = [-1, -1]
        guard longhaul_pipe(&ends) == 0 else {
            throw Spawn.Fault(message: "cannot make a pipe: \(String(cString: strerror(errno)))")
        }
        reading = End(ends[0])
        writing = End(ends[1])
    }

    final class End {
        let number: Int32
        private var isOurs = true

        init(_ number: Int32) {
            self.number = number
        }

        /// Takes the descriptor over, made so that it does not block.
        func keep() -> Int32 {
            isOurs = false
            _ = fcntl(number, F_SETFL, O_NONBLOCK)
            return number
        }

        deinit {
            if isOurs { close(number) }
        }
    }
}
