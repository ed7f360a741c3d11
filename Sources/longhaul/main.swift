import Foundation
import Glibc
import LonghaulWorker

// Settings in the environment may contain passwords, which programs of a worker must not read from /proc.
ProgramIsolation.hideEnvironment()

// A handler, not SIG_IGN: programs that a worker starts would inherit an ignored signal.
signal(SIGPIPE) { _ in }

let code = await CommandRunner.run(
    Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment)
exit(code.rawValue)
