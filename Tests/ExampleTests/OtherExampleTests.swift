import Foundation
import LonghaulCore
import LonghaulJSON
import LonghaulTesting
import LonghaulWorker
import LonghaulWorkflow
import Testing

@testable import MonthlyReport
@testable import VideoPipeline

@Suite struct OtherExampleTests {
    private func withFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "report-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder)
    }

    @Test func reportIsWrittenEachMonth() async throws {
        try await withFolder { folder in
            let test = DurableTest()
            test.add(MonthlyReport(folder: folder))
            let month = 30 * 86_400.0
            let start = test.now
            let job = try await test.submit(MonthlyReport.self, .init(month: 0, seconds: month, last: 2))
            #expect(try await job.result() == "report-2.txt")
            #expect(test.now.timeIntervalSince(start) == 3 * month)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 3)
            let report = try String(contentsOf: folder.appending(path: "report-1.txt"), encoding: .utf8)
            #expect(report == "Month 1: sales 200, visits 1400\n####\n")
        }
    }

    @Test func reportSurvivesEachCrash() async throws {
        try await withFolder { folder in
            try await DurableTest.crashEverywhere { test in
                test.add(MonthlyReport(folder: folder))
                let job = try await test.submit(MonthlyReport.self, .init(month: 0, seconds: 60, last: 1))
                #expect(try await job.result() == "report-1.txt")
            }
        }
    }

    @Test func pipelineHasAsManyChildJobsAsPieces() async throws {
        try await DurableTest.crashEverywhere { test in
            test.add(VideoPipeline())
            test.handle(kind: "video.split") { _ in
                try JSONText(parsing: Array(#"{"pieces": ["/1.mkv", "/2.mkv", "/3.mkv"]}"#.utf8))
            }
            test.handle(kind: "video.encode") { _ in try JSONText(parsing: Array(#"{"file": "/e.mkv"}"#.utf8))
            }
            test.handle(kind: "video.join") { _ in try JSONText(parsing: Array(#"{"file": "/v.mp4"}"#.utf8)) }
            let video = VideoPipeline.Video(source: "/v.mov", folder: "/", height: 144)
            let job = try await test.submit(VideoPipeline.self, video)
            let result = try await job.result()
            #expect(result.file == "/v.mp4")
            #expect(result.pieces == 3)
            #expect(try await job.job.childrenCount == 5)
        }
    }
}
