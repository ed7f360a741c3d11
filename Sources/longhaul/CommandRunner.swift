import LonghaulCore
import LonghaulHTTP
import LonghaulJSON

/// Runs a command line and converts its errors to messages and exit codes.
enum CommandRunner {
    /// Runs a command line.
    static func run(_ words: [String], environment: [String: String]) async -> ExitCode {
        do {
            return try await dispatch(words, environment: environment)
        } catch {
            return report(error)
        }
    }

    private static func dispatch(_ words: [String], environment: [String: String]) async throws -> ExitCode {
        guard let first = words.first else {
            Console.note(Help.overview(Commands.all))
            return .usage
        }
        let name = aliases[first] ?? first
        guard let command = Commands.named(name) else { throw Commands.unknown(name) }
        let line = try Parser.parse(words.dropFirst(), for: command)
        if line.wantsHelp {
            try Console.print(Help.text(of: command, line))
            return .done
        }
        let settings = try Settings(
            command, line: line, environment: environment, known: Commands.all.flatMap(\.options))
        return try await command.run(
            Invocation(command: command, settings: settings, arguments: line.arguments))
    }

    /// Options that are accepted in place of a command.
    private static let aliases = ["--help": "help", "-h": "help", "--version": "version"]

    // MARK: Errors

    private static func report(_ error: any Error) -> ExitCode {
        switch error {
        case is ClosedPipe: return .done
        case let error as UsageError:
            Console.note("longhaul: \(error.message.printable)")
            for detail in error.details { Console.note("  " + detail.printable) }
            Console.note("see longhaul \(error.command.map { "\($0) --help" } ?? "help")")
            return .usage
        case let error as RunError:
            Console.note("longhaul: \(error.message.printable)")
            return .failed
        case let error as LonghaulError: return report(problem: error)
        case let error as HTTPClientError:
            Console.note("longhaul: \(error.message.printable)")
            return error.code == .localIO ? .failed : .unreachable
        default:
            Console.note("longhaul: \("\(error)".printable)")
            return .failed
        }
    }

    private static func report(problem error: LonghaulError) -> ExitCode {
        Console.note("longhaul: \(error.description.printable)")
        // The line above has a single fault already.
        for fault in error.faults where error.faults.count > 1 || !error.detail.contains(fault.message) {
            Console.note("  \(fault.pointer): \(fault.message)".printable)
        }
        if let seconds = error.retryAfterSeconds {
            Console.note("  retry in \(Format.duration(seconds))")
        }
        switch error.code {
        case .notFound: return .notFound
        case .systemBusy: return .busy
        default: return .refused
        }
    }
}
