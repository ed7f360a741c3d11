import Foundation
import LonghaulCore
import LonghaulJSON
import LonghaulPlatform
import Synchronization

extension Handler {
    /// A handler that runs a program for each attempt.
    public static func program(_ spec: ProgramSpec) -> Handler {
        var handler = Handler(
            kind: spec.kind, queue: spec.queue, concurrency: spec.concurrency,
            timeoutSeconds: spec.timeoutSeconds, endSeconds: spec.killGraceSeconds + 10
        ) { context in
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            return try await ProgramAttempt(spec: spec, context: context, folder: folder).run()
        }
        handler.isPausable = true
        return handler
    }
}

/// One run of a program for one attempt.
private struct ProgramAttempt {
    /// The exit code of an error that a retry cannot fix (`EX_DATAERR` of sysexits.h).
    static let permanent: Int32 = 65

    let spec: ProgramSpec
    let context: JobContext
    let folder: TemporaryFolder

    func run() async throws -> Handler.Output {
        // A write to a pipe that the program has closed must return an error, not raise a signal.
        signal(SIGPIPE, SIG_IGN)
        // The working folder: the files that a program writes without a path are its output.
        let artifacts = try folder.makeFolder("artifacts")
        let temporary = try folder.makeFolder("tmp")
        let result = folder.path + "/result.json"
        let arguments = try spec.arguments(for: context.job)
        let lastError = LastLine()
        let program: Program
        do {
            program = try Program(
                arguments,
                environment: environment(artifacts: artifacts, temporary: temporary, result: result),
                folder: artifacts, limits: spec.limits, killGraceSeconds: spec.killGraceSeconds,
                isPaused: { [context] in context.isPaused }
            ) { [context] output, line in
                if output == .errors { lastError.set(line) }
                Self.handle(line, from: output, context)
            }
        } catch let fault as Spawn.Fault {
            throw JobFailure(type: "cannot_start", message: fault.message)
        }
        var input = JSONWriter(capacity: 1024)
        context.job.write(to: &input)
        let end = await program.run(feeding: input.bytes)
        try Task.checkCancellation()
        try expectSuccess(end, lastError.text)
        let output = try ProgramFiles.result(at: result, maxBytes: spec.maxResultBytes)
        for name in try ProgramFiles.artifacts(in: artifacts) {
            try await context.artifact(name, path: artifacts + "/" + name)
        }
        return Handler.Output(result: output)
    }

    private static func handle(_ line: String, from output: Program.Output, _ context: JobContext) {
        if let progress = ProgressLine(line) {
            context.progress(progress.percent, progress.message)
        } else {
            context.log(line, level: output == .errors ? .warning : .info)
        }
    }

    /// The worker's own variables may contain passwords, so a program gets only those that its handler names.
    private func environment(artifacts: String, temporary: String, result: String) -> [String: String] {
        let passed = ProgramSpec.inheritedVariables.union(spec.passEnvironment)
        var environment = ProcessInfo.processInfo.environment.filter { passed.contains($0.key) }
        environment["PATH"] = environment["PATH"] ?? ProgramSearch.defaultPath
        environment["TMPDIR"] = temporary
        environment.merge(spec.environment) { _, new in new }
        environment["LONGHAUL_JOB_ID"] = context.job.id.description
        environment["LONGHAUL_ATTEMPT"] = "\(context.attempt)"
        environment["LONGHAUL_KIND"] = context.job.spec.kind
        environment["LONGHAUL_QUEUE"] = context.job.spec.queue
        environment["LONGHAUL_ARTIFACTS"] = artifacts
        environment["LONGHAUL_RESULT"] = result
        if let trace = context.job.spec.traceparent { environment["TRACEPARENT"] = trace }
        return environment
    }

    private func expectSuccess(_ end: Program.End, _ lastError: String?) throws(JobFailure) {
        switch end {
        case .exit(0): return
        case .exit(let code):
            throw JobFailure(
                type: "exit_\(code)", message: lastError ?? "the program exited with status \(code)",
                retryable: code != Self.permanent)
        case .signal(let number):
            let name = String(cString: strsignal(number))
            throw JobFailure(
                type: "signal_\(number)", message: "the program was killed by signal \(number) (\(name))")
        }
    }
}

/// The last line that a program wrote to its standard error.
private final class LastLine: Sendable {
    private let line = Mutex<String?>(nil)

    func set(_ text: String) {
        if !text.isEmpty { line.withLock { $0 = String(text.prefix(1000)) } }
    }

    var text: String? { line.withLock { $0 } }
}
