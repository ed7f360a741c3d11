import Foundation
import Glibc
import LonghaulWorker

// Settings in the environment may hold passwords: programs of a worker must not find them in /proc.
ProgramIsolation.hideEnvironment()

// A handler, not SIG_IGN: programs that a worker starts would inherit an ignored signal.
signal(SIGPIPE) { _ in }

let code = await Tool.run(
    Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment)
exit(code.rawValue)
