import Foundation
import LonghaulCore
import LonghaulEngine
import LonghaulTestSupport
import LonghaulWorker
import Testing

/// Handlers that run programs, with real processes.
@Suite struct ProgramTests {
    /// Runs one job through a shell script.
    private func run(
        _ script: String, payload: String = "{}", attempts: Int = 1, arguments: [String] = [],
        timeout: Double? = nil, _ check: (Job, Bench) async throws -> Void
    ) async throws {
        var spec = ProgramSpec(
            kind: "test", command: ["sh", "-c", script, "sh"] + arguments, folder: "/nowhere")
        spec.timeoutSeconds = timeout
        spec.killGraceSeconds = 0.3
        spec.environment = ["GREETING": "hello"]
        try await Bench.run([.program(spec)]) { bench in
            try await check(try await bench.finish(payload: payload, attempts: attempts), bench)
        }
    }

    @Test func programReturnsResultArtifactsAndLog() async throws {
        let script = #"""
            echo "$GREETING from $LONGHAUL_KIND in $LONGHAUL_QUEUE"
            echo oops >&2
            echo ::progress 40 page 4 of 10
            cat > "$LONGHAUL_ARTIFACTS/job.json"
            echo '{"attempt": '$LONGHAUL_ATTEMPT', "id": "'$LONGHAUL_JOB_ID'"}' > "$LONGHAUL_RESULT"
            """#
        try await run(script, payload: #"{"big": 12345678901234567890123}"#) { job, bench in
            #expect(job.state == .completed)
            #expect(job.resultText == #"{"attempt": 1, "id": "\#(job.id)"}"#)
            #expect(job.artifacts.map(\.name) == ["job.json"])
            #expect(job.artifacts.first?.contentType == "application/json")
            let lines = try await bench.logs(job.id)
            #expect(lines.contains("hello from test in default"))
            #expect(lines.contains("oops"))
            #expect(!lines.contains { $0.hasPrefix("::progress") })
            let (_, location) = try await bench.engine.artifact(job.id, name: "job.json")
            guard case .file(let path, _) = location else { return }
            let input = try String(contentsOfFile: path, encoding: .utf8)
            #expect(input.contains(#""payload":{"big": 12345678901234567890123}"#))
        }
    }

    @Test func exitCode65FailsWithoutRetry() async throws {
        try await run("echo no good >&2; exit 65", attempts: 4) { job, _ in
            #expect(job.state == .failed)
            #expect(job.attempt == 1)
            #expect(job.error?.type == "exit_65")
            #expect(job.error?.message == "no good")
        }
        try await run("[ $LONGHAUL_ATTEMPT = 3 ] || exit 7", attempts: 4) { job, _ in
            #expect(job.state == .completed)
            #expect(job.attempts.map(\.error?.type) == ["exit_7", "exit_7", nil])
        }
        try await run("kill -SEGV $$", attempts: 2) { job, _ in
            #expect(job.state == .failed)
            #expect(job.attempts.map(\.error?.type) == ["signal_11", "signal_11"])
        }
    }

    @Test func resultThatIsNotJSONFailsWithoutRetry() async throws {
        try await run("echo '{nonsense' > $LONGHAUL_RESULT", attempts: 4) { job, _ in
            #expect(job.state == .failed)
            #expect(job.error?.type == "invalid_result")
            #expect(job.attempt == 1)
        }
    }

    @Test func workerReadsLargeAndBinaryOutput() async throws {
        let script = #"head -c 10000000 /dev/zero | tr '\0' 'x'; printf '\nab\377cd\r\n'; printf 'no end'"#
        try await run(script) { job, bench in
            #expect(job.state == .completed)
            let last = try await bench.engine.logs(job.id, after: 0, limit: 500).map(\.line.message)
            #expect(last.suffix(2) == ["ab\u{FFFD}cd", "no end"])
        }
    }

    @Test func programMayIgnoreItsInput() async throws {
        let payload = #"{"text": "\#(String(repeating: "x", count: 200_000))"}"#
        try await run("exec <&-; exit 0", payload: payload) { job, _ in #expect(job.state == .completed) }
        try await run("test $(wc -c) -gt 200000", payload: payload) { job, _ in
            #expect(job.state == .completed)
        }
    }

    @Test func referencesAreSingleArguments() async throws {
        let payload =
            #"{"evil": "$(touch /tmp/pwned); `id` \" ' a b", "n": 320, "list": [{"x": null}], "o": {"a": 1}}"#
        try await run(
            #"for a in "$@"; do echo "[$a]"; done"#, payload: payload,
            arguments: [
                "{payload.evil}", "w={payload.n}px", "{payload.list.0.x}", "{payload.o}", "{{literal}",
                "{other}",
                "{attempt}",
            ]
        ) { job, bench in
            let lines = try await bench.logs(job.id)
            #expect(
                lines == [
                    #"[$(touch /tmp/pwned); `id` " ' a b]"#, "[w=320px]", "[null]", #"[{"a": 1}]"#,
                    "[{literal}]", "[{other}]", "[1]",
                ])
        }
    }

    /// A combining mark after the dash makes another character of it, but the program reads the bytes.
    @Test(arguments: ["-rf", "-\u{301}rf"])
    func valueThatBeginsWithADashFailsWithoutRetry(_ value: String) async throws {
        try await run("true", payload: #"{"x": "\#(value)"}"#, attempts: 4, arguments: ["{payload.x}"]) {
            job, _ in
            #expect(job.attempt == 1)
            #expect(job.error?.type == "invalid_payload")
            #expect(job.error?.message.contains("{payload.x}") == true)
        }
    }

    @Test(arguments: ["../etc", "..", "a/../b", "../\u{301}", "/srv/../\u{301}a"])
    func pathToTheParentFolderFailsWithoutRetry(_ path: String) async throws {
        let payload = #"{"x": "\#(path)"}"#
        try await run("true", payload: payload, attempts: 4, arguments: ["{payload.x:path}"]) { job, _ in
            #expect(job.attempt == 1)
            #expect(job.error?.type == "invalid_payload")
        }
    }

    @Test func fileInTheWorkingFolderBecomesAnArtifact() async throws {
        try await run("echo hello > greeting.txt; mkdir -p empty/inner") { job, _ in
            #expect(job.state == .completed)
            #expect(job.artifacts.map(\.name) == ["greeting.txt"])
        }
    }

    @Test(arguments: [
        "mkdir sub; touch sub/file", "ln -s /etc/passwd link", "mkfifo pipe", "touch .hidden",
        "touch .\u{301}a",
    ])
    func invalidArtifactFailsWithoutRetry(_ script: String) async throws {
        try await run(script, attempts: 4) { job, _ in
            #expect(job.attempt == 1)
            #expect(job.error?.type == "invalid_artifact")
        }
    }

    @Test(arguments: [
        "mkdir $LONGHAUL_RESULT", "mkfifo $LONGHAUL_RESULT", "ln -s /dev/zero $LONGHAUL_RESULT",
    ])
    func aResultThatIsNotARegularFileFailsForGood(_ script: String) async throws {
        try await run(script, attempts: 4) { job, _ in
            #expect(job.attempt == 1)
            #expect(job.error?.type == "invalid_result")
        }
    }

    @Test func programDoesNotGetTheWorkersEnvironment() async throws {
        try await run("env | cut -d = -f 1") { job, bench in
            let allowed: Set<String> = [
                "PATH", "HOME", "LANG", "TZ", "TMPDIR", "GREETING", "PWD", "OLDPWD", "SHLVL", "_",
            ]
            let names = try await bench.logs(job.id).filter { !$0.hasPrefix("LONGHAUL_") }
            #expect(Set(names).subtracting(allowed).isEmpty)
            #expect(names.contains("GREETING"))
        }
    }

    @Test func missingReferenceFailsWithoutRetry() async throws {
        for payload in ["{}", "[]", "7", #"{"width": "a\u0000b"}"#] {
            try await run("true", payload: payload, attempts: 4, arguments: ["{payload.width}"]) { job, _ in
                #expect(job.state == .failed)
                #expect(job.attempt == 1)
                #expect(job.error?.type == "invalid_payload")
                #expect(job.error?.message.contains("payload.width") == true)
            }
        }
    }

    @Test func programThatCannotStartFailsTheJob() async throws {
        let spec = ProgramSpec(kind: "test", command: ["no-such-program-anywhere"], folder: "/nowhere")
        try await Bench.run([.program(spec)]) { bench in
            let job = try await bench.finish(attempts: 1)
            #expect(job.error?.type == "cannot_start")
            #expect(job.error?.message.contains("no-such-program-anywhere") == true)
        }
    }

    @Test func fileWithoutInterpreterCannotBeStarted() async throws {
        let folder = try TemporaryFolder()
        try folder.write("plain", "echo a shell ran this\n", executable: true)
        let spec = ProgramSpec(kind: "test", command: ["./plain"], folder: folder.path)
        try await Bench.run([.program(spec)]) { bench in
            let job = try await bench.finish(attempts: 1)
            #expect(job.error?.type == "cannot_start")
            #expect(try await bench.logs(job.id).isEmpty)
        }
    }

    @Test func timeoutKillsAllProcessesOfTheProgram() async throws {
        let script = #"""
            trap '' TERM
            (trap '' TERM; sh -c 'echo $$ >&2; exec sleep 600') &
            setsid sh -c 'trap "" TERM; echo $$ >&2; exec sleep 600' &
            echo $$ >&2
            while true; do sleep 1; done
            """#
        // Enough time for each process to print its ID, even on an overloaded machine.
        try await run(script, timeout: 15) { job, bench in
            #expect(job.error?.type == "timeout")
            let processes = try await bench.logs(job.id).compactMap { Int32($0) }
            #expect(processes.count == 3)
            try await eventually("all processes have ended") { processes.allSatisfy { !Self.lives($0) } }
        }
    }

    @Test func programCleansUpWithinItsGrace() async throws {
        let script =
            #"trap 'sleep 0.5 && echo cleaned; exit 3' TERM; echo ready; while true; do sleep 0.02; done"#
        var spec = ProgramSpec(kind: "test", command: ["sh", "-c", script], folder: "/nowhere")
        spec.killGraceSeconds = 60
        try await Bench.run { bench in
            let worker = bench.worker([.program(spec)])
            worker.start()
            let id = try await bench.submit()
            try await eventually("the program is ready") { try await bench.logs(id) == ["ready"] }
            await worker.shutdown(grace: .zero)
            let lines = try await bench.logs(id)
            #expect(lines.contains("cleaned"), "\(lines)")
            #expect(try await bench.engine.job(id).state == .pending)
        }
    }

    @Test func successKillsRemainingProcessesOfTheProgram() async throws {
        // The remaining process keeps the output open, which must not delay the job.
        let script = #"""
            setsid sh -c 'echo $$; touch said; exec sleep 600' &
            until [ -e said ]; do sleep 0.01; done
            echo done
            """#
        try await run(script) { job, bench in
            #expect(job.state == .completed)
            let lines = try await bench.logs(job.id)
            #expect(lines.last == "done")
            let stray = try #require(lines.compactMap { Int32($0) }.first)
            try await eventually("the process has ended") { !Self.lives(stray) }
        }
    }

    @Test func temporaryFolderIsRemovedAfterTheAttempt() async throws {
        try await run("pwd; touch $TMPDIR/litter; echo $TMPDIR; dirname $LONGHAUL_RESULT") { job, bench in
            let paths = try await bench.logs(job.id)
            #expect(paths.count == 3)
            for path in paths { #expect(!FileManager.default.fileExists(atPath: path)) }
        }
    }

    /// Whether a process exists and is not a zombie.
    private static func lives(_ process: Int32) -> Bool {
        guard let data = FileManager.default.contents(atPath: "/proc/\(process)/stat") else { return false }
        let text = String(decoding: data, as: UTF8.self)
        return text.split(separator: ")").last.map { !$0.hasPrefix(" Z") } ?? false
    }
}
