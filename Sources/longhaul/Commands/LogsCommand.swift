import LonghaulClient
import LonghaulCore

extension Commands {
    static let logs = Command(
        name: "logs", summary: "Shows a job's log.", arguments: [.job],
        options: [Options.follow, Options.attempt, Options.minLevel, Options.tail, Options.json]
            + Options.client,
        notes: [
            "With --json, each line is a separate JSON document.",
            "With --follow, the last line on standard error shows how the job ended, and the exit code is 1 unless it was completed.",
            "The server keeps the newest 10,000 lines of a job, up to its --max-job-log-bytes.",
            "If lines are missing, a line of the output reports their number.",
        ]
    ) { invocation in
        let id = try invocation.read(0, as: .jobID)
        let asJSON = try invocation.value(Options.json)
        let follows = try invocation.value(Options.follow)
        let tail = try invocation.value(Options.tail)
        if follows, tail != nil { throw UsageError("--tail excludes --follow", command: "logs") }
        let choice = LogChoice(
            attempt: try invocation.value(Options.attempt), level: try invocation.value(Options.minLevel))
        return try await invocation.withClient { client in
            var last: Int64 = 0
            if follows {
                for try await line in client.followLogs(id) {
                    try show(line, choice, after: &last, asJSON: asJSON)
                }
                let job = try await client.wait(for: id)
                Console.note(Format.ending(of: job))
                return job.state == .completed ? .done : .failed
            }
            var kept: [StoredLogLine] = []
            var cursor: String?
            repeat {
                let page = try await client.logs(id, after: cursor)
                if let tail {
                    kept = Array((kept + page.lines.filter(choice.includes)).suffix(tail))
                } else {
                    for line in page.lines { try show(line, choice, after: &last, asJSON: asJSON) }
                }
                cursor = page.next
            } while cursor != nil
            last = kept.first.map { $0.number - 1 } ?? 0
            for line in kept { try show(line, choice, after: &last, asJSON: asJSON) }
            return .done
        }
    }

    /// The lines to show.
    private struct LogChoice {
        let attempt: Int?
        let level: LogLine.Level?

        var isEverything: Bool { attempt == nil && level == nil }

        func includes(_ line: StoredLogLine) -> Bool {
            if let attempt, line.attempt != attempt { return false }
            return level.map { rank(line.line.level) >= rank($0) } ?? true
        }

        private func rank(_ level: LogLine.Level) -> Int {
            LogLine.Level.allCases.firstIndex(of: level) ?? 0
        }
    }

    /// Shows a line, preceded by the number of lines missing since the line with the number `last`.
    private static func show(
        _ line: StoredLogLine, _ choice: LogChoice, after last: inout Int64, asJSON: Bool
    ) throws {
        let missing = line.number - last - 1
        last = line.number
        guard choice.includes(line) else { return }
        if missing > 0, choice.isEverything {
            let text = "\(grouped(missing)) earlier \(missing == 1 ? "line was" : "lines were") not kept"
            if asJSON { Console.note(text) } else { try Console.print(text) }
        }
        if asJSON {
            try Console.print(json: line)
        } else {
            let level = line.line.level.rawValue
            let padding = String(repeating: " ", count: 7 - level.count)
            let colour = colour(line.line.level)
            try Console.print("\(line.line.at)  \(colour(level))\(padding)  \(line.line.message.printable)")
        }
    }

    /// A number with a comma between groups of three digits.
    private static func grouped(_ number: Int64) -> String {
        var text = ""
        for (index, digit) in String(number).reversed().enumerated() {
            if index > 0, index % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }

    private static func colour(_ level: LogLine.Level) -> Colour {
        switch level {
        case .debug, .info: .plain
        case .warning: .yellow
        case .error: .red
        }
    }
}
