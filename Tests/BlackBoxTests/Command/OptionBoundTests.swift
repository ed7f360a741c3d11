import LonghaulCore
import LonghaulTestSupport
import Testing

/// The options for the fields of a job or queue have the bounds of the fields.
@Suite struct OptionBoundTests {
    /// The exit codes of a command that cannot reach its server, and of one with invalid options.
    private static let (unreachable, misuse) = (Int32(3), Int32(2))

    private func check(
        _ command: [String], _ option: String, accepts accepted: [String], refuses refused: [String]
    ) async throws {
        for (values, code) in [(accepted, Self.unreachable), (refused, Self.misuse)] {
            for value in values {
                let run = try await longhaul(
                    command + ["\(option)=\(value)", "--server", "http://127.0.0.1:9"])
                #expect(run.code == code, "\(option)=\(value): \(run.errors)")
            }
        }
    }

    private func check(_ command: [String], _ option: String, _ range: ClosedRange<Int>) async throws {
        try await check(
            command, option, accepts: ["\(range.lowerBound)", "\(range.upperBound)"],
            refuses: ["\(range.lowerBound - 1)", "\(range.upperBound + 1)"])
    }

    @Test func optionsOfAJobHaveTheBoundsOfItsFields() async throws {
        let submit = ["submit", "a"]
        try await check(submit, "--priority", FieldBounds.priority)
        try await check(submit, "--max-attempts", FieldBounds.maxAttempts)
        let seconds = FieldBounds.timeoutSeconds
        try await check(
            submit, "--timeout", accepts: ["\(seconds.lowerBound)", "\(seconds.upperBound)"],
            refuses: ["\(seconds.lowerBound.nextDown)", "\(seconds.upperBound.nextUp)"])
        let help = try await longhaul(["submit", "--help"]).output
        #expect(help.contains("\(FieldBounds.priority.lowerBound) to \(FieldBounds.priority.upperBound)"))
    }

    @Test func optionsOfAQueueHaveTheBoundsOfItsFields() async throws {
        let set = ["queues", "set", "q"]
        try await check(set, "--max-depth", FieldBounds.depth)
        try await check(set, "--max-waiting", FieldBounds.depth)
        try await check(set, "--max-concurrency", FieldBounds.concurrency)
        let period = FieldBounds.rateLimitPeriodSeconds
        try await check(
            set, "--rate-limit", accepts: ["1/\(period.lowerBound)", "1/\(period.upperBound)"],
            refuses: ["0/1", "1/\(period.lowerBound.nextDown)", "1/\(period.upperBound.nextUp)"])
    }
}
