import CProcess
import Foundation
import Glibc
import LonghaulWorker

// Settings in the environment may contain passwords, which programs of a worker must not read from /proc.
ProgramIsolation.hideEnvironment()

// A handler, not SIG_IGN: programs that a worker starts would inherit an ignored signal.
signal(SIGPIPE) { _ in }

// An upload to S3 allocates its parts one after another. By default, glibc keeps freed blocks of their size, several for each
// thread.
longhaul_return_large_blocks()

let code = await CommandRunner.run(
    Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment)
exit(code.rawValue)
