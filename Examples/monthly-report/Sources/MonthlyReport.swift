public import Foundation
public import LonghaulWorkflow

/// Writes a report at the end of each month, without an end. Between two reports it sleeps, and holds no worker.
public struct MonthlyReport: DurableJob {
    /// The payload: where the next report begins.
    public struct Start: Codable, Sendable {
        /// The number of the month, from 0.
        var month: Int
        /// The length of a month, in seconds: short in the example.
        var seconds: Double
        /// The number of the last month; nil to run without an end.
        var last: Int?
    }

    public static let kind = "report.monthly"
    let folder: URL

    /// Writes reports into a folder.
    public init(folder: URL) {
        self.folder = folder
    }

    public func run(_ start: Start, in flow: Flow) async throws -> String {
        let begin = try await flow.now()
        try await flow.sleep(until: begin.addingTimeInterval(start.seconds))

        // The parts of the report are steps of their own: a crash repeats only the part that ran.
        let sales = try await flow.step("sum of sales") { 100 * (start.month + 1) }
        async let chart = flow.step("draw chart") { String(repeating: "#", count: sales / 50) }
        async let visits = flow.step("count visits") { 7 * sales }
        let text = "Month \(start.month): sales \(sales), visits \(try await visits)\n\(try await chart)\n"
        let name = "report-\(start.month).txt"
        try await flow.step("write report") {
            try Data(text.utf8).write(to: folder.appending(path: name), options: .atomic)
        }
        guard start.month != start.last else { return name }

        // A new run with an empty journal, so that the journal does not grow for years.
        var next = start
        next.month += 1
        try await flow.continueAsNew(next)
    }
}
