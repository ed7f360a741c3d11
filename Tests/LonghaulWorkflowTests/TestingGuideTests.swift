import Foundation
import LonghaulCore
import LonghaulEngine
import LonghaulJSON
import LonghaulMemory
import LonghaulTesting
import LonghaulWorker
import LonghaulWorkflow
import Testing

/// The Swift snippets of docs/testing.md: they are this file, and pass.
@Suite struct TestingGuideTests {
    struct Resize: JobKind {
        static let kind = "image.resize"
        struct Payload: Codable, Sendable { var source: String; var width: Int }
        struct Output: Codable, Sendable { var bytes: Int }
    }

    let resizeHandler = Handler.swift(Resize.self) { payload, context in
        context.progress(50, "resizing \(payload.source)")
        return Resize.Output(bytes: payload.width * 3)
    }

    /// Runs handlers in this process, with a store in memory.
    func withWorker(_ handlers: [Handler], _ test: (Engine) async throws -> Void) async throws {
        let engine = Engine(
            store: MemoryStore.open(MemoryDatabase()), queue: StoreQueue(time: SystemTime()),
            artifacts: MemoryArtifactStore())
        try await engine.start()
        let worker = Worker(
            configuration: WorkerConfiguration(queues: [("default", 4)]), gateway: engine, handlers: handlers)
        worker.start()
        try await test(engine)
        await worker.shutdown(grace: .seconds(5))
        await engine.stop()
    }

    @Test func handlerReportsTheSize() async throws {
        try await withWorker([resizeHandler]) { engine in
            let payload = try JSONText(encoding: Resize.Payload(source: "cat.jpg", width: 320))
            let id = try await engine.submit(NewJob(JobSpec(kind: Resize.kind, payload: payload))).job.id
            let job = try await engine.wait(for: id, seconds: 20)
            #expect(job.state == .completed)
            #expect(try job.result?.decode(Resize.Output.self).bytes == 960)
        }
    }

    struct OrderProcess: DurableJob {
        static let kind = "order"

        func run(_ id: Int, in flow: Flow) async throws -> String {
            let payment = try await flow.step("charge") { "payment of \(id)" }
            let isApproved = try await flow.signal("approved", as: Bool.self, within: .days(3)) ?? false
            return isApproved ? payment : "refused"
        }
    }

    @Test func orderWithoutAnAnswerIsRefused() async throws {
        let test = DurableTest()
        test.add(OrderProcess())
        let job = try await test.submit(OrderProcess.self, 7)
        #expect(try await job.result() == "refused")  // the clock skips the three days
    }

    @Test func approvedOrderIsPaid() async throws {
        let test = DurableTest()
        test.add(OrderProcess())
        test.stub(step: "charge") { _ in "payment-1" }
        let job = try await test.submit(OrderProcess.self, 7)
        try await job.run(untilSignal: "approved")
        try await job.signal("approved", true)
        #expect(try await job.result() == "payment-1")
    }

    @Test func orderSurvivesACrashAtEachPoint() async throws {
        try await DurableTest.crashEverywhere { test in
            test.add(OrderProcess())
            let job = try await test.submit(OrderProcess.self, 7)
            #expect(try await job.result() == "refused")
        }
    }

    @Test func snippetsOfTheGuideAreThisFile() throws {
        let file = URL(filePath: #filePath)
        let guide = file.deletingLastPathComponent().appending(path: "../../docs/testing.md")
        let code = Self.lines(try String(contentsOf: file, encoding: .utf8))
        let blocks = try String(contentsOf: guide, encoding: .utf8).components(separatedBy: "```swift\n")
            .dropFirst()
        #expect(blocks.count >= 2)
        for block in blocks {
            let snippet = Self.lines(block.components(separatedBy: "\n```")[0])
            for paragraph in snippet.components(separatedBy: "\n\n") where !paragraph.hasPrefix("import ") {
                #expect(code.contains(paragraph), "\(paragraph)")
            }
        }
    }

    /// The text without the indentation of its lines.
    private static func lines(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        .joined(separator: "\n")
    }
}
