import Foundation
import LonghaulTestSupport
import Testing

/// The command `state-machines`.
@Suite struct StateMachineCommandTests {
    private let pass = #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}"#

    private func run(
        _ words: [String], _ server: TestServer? = nil, in folder: TemporaryFolder? = nil, code: Int32 = 0
    ) async throws -> (output: String, errors: String) {
        let folder = try folder ?? server?.folder ?? TemporaryFolder()
        let run = try await longhaul(
            ["state-machines"] + words,
            environment: ["LONGHAUL_SERVER": server?.address ?? "http://127.0.0.1:1"],
            folder: folder.path)
        #expect(run.code == code, "\(words): \(run)")
        return (run.output, run.errors)
    }

    @Test func checkNeedsNoServerAndPrintsPlaces() async throws {
        let folder = try TemporaryFolder()
        try folder.write("good.json", pass)
        #expect(
            try await run(["check", "good.json"], in: folder).output == "good.json: the definition is valid\n"
        )
        try folder.write(
            "bad.json", #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}"#)
        let bad = try await run(["check", "bad.json"], in: folder, code: 1).output
        #expect(
            bad.contains(
                "bad.json: error: MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next\n"))
        let json = try await run(["check", "bad.json", "--json"], in: folder, code: 1).output
        #expect(try !JSONValue(parsing: json).bool("is_valid"))
        try folder.write(
            "warning.json",
            #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"x": "$.a"}, "End": true}}}"#)
        #expect(
            try await run(["check", "warning.json"], in: folder).output.contains(": warning: NO_DOLLAR"))
        _ = try await run(["check", "none.json"], in: folder, code: 1)
        try folder.write("text.json", "{")
        #expect(try await run(["check", "text.json"], in: folder, code: 1).output.contains("INVALID_JSON"))
    }

    @Test func machineIsCreatedStartedShownAndDeleted() async throws {
        let server = try await TestServer()
        try server.folder.write("pass.json", pass)
        #expect(try await run(["create", "hello", "pass.json"], server).output == "hello INITIAL\n")
        let words = ["start", "hello", "--input", #"{"n": 1}"#, "--name", "first", "--wait"]
        #expect(try await run(words, server).output == "{\"n\": 1}\n")
        #expect(try await run(words, server, code: 4).errors.contains("conflict"))
        let json = try await run(["start", "hello", "--json", "-w"], server).output
        let id = try JSONValue(parsing: json).string("id")
        #expect(try JSONValue(parsing: json).string("status") == "succeeded")
        let shown = try await run(["show", id], server).output
        #expect(shown.contains("status         succeeded") && shown.contains("input          {}"))
        let history = try await run(["history", id], server).output
        #expect(
            history.contains("EVENT") && history.contains("pass_state_entered") && !history.contains("\t"))
        let events = try JSONValue(parsing: try await run(["history", id, "--json"], server).output)
        #expect(try events.count("items") == 4)
        let list = try await run(["list", "hello"], server).output
        #expect(list.contains("first") && list.contains("succeeded"))
        #expect(try await run(["show", "hello"], server).output == pass + "\n")

        try server.folder.write("next.json", #"{"Comment": "2", \#(pass.dropFirst())"#)
        let updated = try await run(["update", "hello", "next.json", "--tag", "a=b"], server).output
        #expect(updated.hasPrefix("hello ") && !updated.contains("INITIAL"))
        #expect(try await run(["list"], server).output.contains("hello  standard"))
        _ = try await run(["update", "other", "next.json"], server, code: 5)
        _ = try await run(["delete", "hello"], server)
        _ = try await run(["show", "hello"], server, code: 5)
    }

    @Test func executionsAreStoppedAndRedriven() async throws {
        let server = try await TestServer()
        try server.folder.write(
            "wait.json", #"{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": true}}}"#
        )
        _ = try await run(["create", "wait", "wait.json"], server)
        let id = try await run(["start", "wait"], server).output.trimmingCharacters(
            in: .whitespacesAndNewlines)
        let stopped = try await run(["stop", id, "--error", "Mine", "--cause", "why"], server).output
        #expect(stopped.contains("aborted") && stopped.contains("Mine: why"))
        let list = try await run(["list", "wait", "--status", "aborted"], server).output
        #expect(list.contains(id) && list.contains("Mine: why"))
        #expect(try await run(["redrive", id], server).output.contains("running"))
        _ = try await run(["redrive", id], server, code: 4)
    }

    @Test func textsAreShownOnOneLine() async throws {
        let server = try await TestServer()
        try server.folder.write("pass.json", pass)
        _ = try await run(["create", "hello", "pass.json"], server)
        let json = try await run(["start", "hello", "--input", "{\n  \"n\": 1\n}", "-w", "--json"], server)
            .output
        let id = try JSONValue(parsing: json).string("id")
        let shown = try await run(["show", id], server).output
        #expect(shown.contains("\ninput          { \"n\": 1 }\n"), "\(shown)")
        let errors = try await run(["create", "a b", "pass.json"], server, code: 4).errors
        #expect(errors.components(separatedBy: "/name").count == 2, "a single fault is shown once: \(errors)")
    }

    @Test func failedExecutionHasExitCodeOne() async throws {
        let server = try await TestServer()
        try server.folder.write(
            "fail.json",
            #"{"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Oops", "Cause": "why"}}}"#)
        for (name, type) in [("a", "standard"), ("b", "express")] {
            _ = try await run(["create", name, "fail.json", "--type", type], server)
            let ended = try await run(["start", name, "--wait"], server, code: 1)
            #expect(ended.output.isEmpty && ended.errors.contains("failed: Oops: why"), "\(ended)")
        }
    }

    @Test func wrongUseIsExplained() async throws {
        #expect(try await run(["odd"], code: 2).errors.contains("ACTION: expected list"))
        #expect(try await run(["create", "a"], code: 2).errors.contains("create: FILE is missing"))
        #expect(try await run(["check"], code: 2).errors.contains("check: FILE is missing"))
        #expect(try await run(["start", ""], code: 2).errors.contains("start: NAME is empty"))
        #expect(
            try await run(["check", "a", "b"], code: 2).errors
                .contains(#"check: unexpected argument "b" after FILE"#))
        #expect(
            try await run(["history", "x"], code: 2).errors.contains(
                "history: expected the ID of an execution"))
        #expect(try await run(["start", "a", "--input", "{"], code: 2).errors.contains("not JSON"))
        _ = try await run(["list"], code: 3)
    }
}
