import Foundation
import LonghaulCore
import LonghaulEngine
import LonghaulFiles
import LonghaulSQLite
import LonghaulWorker
import Testing

/// The Swift example of the README compiles.
struct ReadmeTests {
    private struct Resize: JobKind {
        static let kind = "image.resize"
        struct Payload: Codable, Sendable { var source: String; var width: Int }
        struct Output: Codable, Sendable { var bytes: Int }
    }

    private func resize(_ payload: Resize.Payload) async throws -> [UInt8] { [] }

    /// The example. It is compiled, and never called.
    private func example() async throws {
        let time = SystemTime()
        let engine = Engine(
            store: try SQLiteStore.open(path: "data/longhaul.db"),
            queue: StoreQueue(time: time),
            artifacts: try FileArtifactStore(path: "data/artifacts"))
        try await engine.start()

        let worker = Worker(
            configuration: WorkerConfiguration(queues: [("default", 4)]),
            gateway: engine,
            handlers: [
                .swift(Resize.self) { payload, context in
                    context.progress(10, "reading \(payload.source)")
                    let image = try await context.step("resize") { try await resize(payload) }
                    try await context.artifact("small.png", bytes: image, contentType: "image/png")
                    return Resize.Output(bytes: image.count)
                }
            ])
        await worker.run()
    }

    @Test func exampleOfTheReadmeIsThisFile() throws {
        let file = URL(filePath: #filePath)
        let readme = file.deletingLastPathComponent().appending(path: "../../README.md")
        let blocks = try String(contentsOf: readme, encoding: .utf8).components(separatedBy: "```")
            .filter { $0.hasPrefix("swift\n") }
        let code = Self.trimmedLines(try String(contentsOf: file, encoding: .utf8))
        #expect(blocks.count == 1)
        for block in blocks {
            let paragraphs = Self.trimmedLines(String(block.dropFirst("swift".count)))
                .components(separatedBy: "\n\n").map { $0.trimmingCharacters(in: .newlines) }
            for paragraph in paragraphs where !paragraph.hasPrefix("import ") {
                #expect(code.contains(paragraph), "\(paragraph)")
            }
        }
    }

    /// The text without the indentation of its lines, and without `private`.
    private static func trimmedLines(_ text: String) -> String {
        text.replacingOccurrences(of: "private ", with: "").split(
            separator: "\n", omittingEmptySubsequences: false
        )
        .map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "\n")
    }
}
