import Foundation
import LonghaulCore
import LonghaulJSON
import LonghaulTestSupport
import Testing

@testable import LonghaulWorker

@Suite struct HandlersFileTests {
    private func parse(_ text: String) throws -> HandlersFile {
        try HandlersFile.parse(Array(text.utf8), folder: "/handlers")
    }

    @Test func handlersFileHasEverySetting() throws {
        let file = try parse(
            """
            { // a comment
              handlers: {
                'image.resize': { command: ["convert", "{payload.file:path}", "out.png"], queue: "images", concurrency: 2,
                                  timeout_seconds: 60, kill_grace_seconds: 1.5, env: { LANG: "C" },
                                  pass_env: ["HTTP_PROXY"], allow_options: true, paths_within: ["/srv"],
                                  limits: { memory_bytes: 1073741824, file_bytes: 1000, processes: 10,
                                            open_files: 20, cpu_seconds: 30 } },
                plain: { command: ["true"], },
              },
            }
            """)
        let resize = try #require(file.programs.first { $0.kind == "image.resize" })
        #expect(resize.command == ["convert", "{payload.file:path}", "out.png"])
        #expect(resize.queue == "images")
        #expect(resize.concurrency == 2)
        #expect(resize.timeoutSeconds == 60)
        #expect(resize.killGraceSeconds == 1.5)
        #expect(resize.environment == ["LANG": "C"])
        #expect(resize.passEnvironment == ["HTTP_PROXY"])
        #expect(resize.allowsOptions)
        #expect(resize.pathsWithin == ["/srv"])
        var limits = ProgramLimits()
        limits.memoryBytes = 1_073_741_824
        limits.fileBytes = 1000
        limits.processes = 10
        limits.openFiles = 20
        limits.cpuSeconds = 30
        #expect(resize.limits == limits)
        #expect(file.programs.count == 2)
    }

    @Test func errorNamesEveryProblem() throws {
        let error = #expect(throws: LonghaulError.self) {
            try parse(
                """
                { handlers: {
                    "a b": { command: ["x"] },
                    one: { comand: ["x"] },
                    two: { command: [], queue: "a/b", concurrency: 0, env: { A: 1 } },
                    three: 7,
                    five: { command: ["ls", "{payload.a}", "{payload.b:url}"], paths_within: ["/srv"] },
                    four: { command: ["{payload.a}", "{payload.b:file}"], pass_env: ["A=B"], paths_within: ["srv"],
                            limits: { memory_bytes: 1, cores: 2 } },
                } }
                """)
        }
        let places = Set(error?.faults.map(\.pointer.description) ?? [])
        #expect(
            places.isSuperset(of: [
                "/handlers/a b", "/handlers/one/comand", "/handlers/one/command", "/handlers/two/command",
                "/handlers/two/queue", "/handlers/two/concurrency", "/handlers/two/env/A", "/handlers/three",
                "/handlers/four/command/0", "/handlers/four/command/1", "/handlers/four/pass_env",
                "/handlers/four/paths_within", "/handlers/four/limits/memory_bytes",
                "/handlers/four/limits/cores", "/handlers/five/paths_within",
            ]), "\(places)")
    }

    @Test func errorNamesTheFile() {
        let error = #expect(throws: LonghaulError.self) { try HandlersFile.load(path: "/no/such/file.json5") }
        #expect(error?.detail.contains("/no/such/file.json5") == true)
        #expect(throws: LonghaulError.self) { try parse("{ handlers: ") }
        #expect(throws: LonghaulError.self) { try parse("{}") }
        #expect(throws: LonghaulError.self) { try parse("{ handlers: {} }") }
    }

    @Test func pathsAreRelativeToTheHandlersFile() throws {
        let folder = try LonghaulTestSupport.TemporaryFolder()
        try folder.write("script.sh", "")
        let moment = Timestamp(milliseconds: 0)
        let job = Job(
            id: JobID(high: 1, low: 2), spec: JobSpec(kind: "a"), state: .processing, caller: "c",
            createdAt: moment, runAt: moment)
        func arguments(_ command: [String], in folder: String) throws -> [String] {
            try ProgramSpec(kind: "a", command: command, folder: folder).arguments(for: job)
        }
        #expect(
            try arguments(["sh", "./script.sh", "./missing.sh"], in: folder.path) == [
                "sh", folder.path + "/script.sh", "./missing.sh",
            ])
        #expect(
            try arguments(["./run", "{id}"], in: folder.path) == [folder.path + "/./run", job.id.description])
        #expect(try arguments(["/bin/sh"], in: folder.path) == ["/bin/sh"])

        // Braces in the name of the folder are not a reference.
        let script = try folder.write("{id}/script.sh", "")
        #expect(try arguments(["sh", "./script.sh"], in: folder.file("{id}")) == ["sh", script])
    }
}
