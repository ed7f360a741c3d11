import LonghaulTestSupport
import Testing

/// `longhaul jsonata` in scripts.
@Suite struct JSONataCommandTests {
    @Test(arguments: ["--input", "--bindings"])
    func batchTakesNoDocuments(option: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write("document.json", "{}")
        let run = try await longhaul(["jsonata", "--batch", option, folder.file("document.json")])
        #expect(run.code == 2, "\(run)")
        #expect(run.errors.contains("\(option) and --batch exclude each other"), "\(run)")
    }

    @Test func batchRefusesLimitsOutOfRange() async throws {
        let limits = [
            #""timelimit": 0"#, #""timelimit": 60001"#, #""timelimit": 1.5"#, #""timelimit": "5""#,
            #""depth": -1"#,
            #""depth": 1001"#, #""depth": true"#,
        ]
        let lines =
            limits.map { #"{"expr": "1", \#($0)}"# } + [#"{"expr": "1", "timelimit": null, "depth": 9}"#]
        let folder = try TemporaryFolder()
        try folder.write("lines", lines.joined(separator: "\n"))
        let run = try await longhaul(
            ["-c", #"exec "$0" jsonata --batch < "$1""#, LonghaulProcess.binary, folder.file("lines")],
            executable: "/bin/sh")
        let answers = run.output.split(separator: "\n")
        #expect(answers.count == lines.count, "\(run)")
        for (answer, limit) in zip(answers, limits) {
            #expect(
                answer.contains("invalid_line") && answer.contains("must be a whole number from 1 to"),
                "\(limit)")
        }
        #expect(answers.last == #"{"result":1}"#)
    }

    @Test func errorHasExitCode1() async throws {
        let run = try await longhaul(["jsonata", "1 + 'a'"])
        #expect(run.code == 1)
        #expect(run.errors.contains("T2002"))
        #expect(try await longhaul(["jsonata", "$sum([1, 2])"]).output == "3\n")
        #expect(try await longhaul(["jsonata", "missing"]).output.isEmpty)
    }
}
