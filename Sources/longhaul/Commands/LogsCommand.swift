import LonghaulClient
import LonghaulCore

extension Commands {
    static let logs = Command(
        name: "logs", summary: "Shows a job's log.", arguments: [.job],
        options: [Options.follow, Options.json] + Options.client,
        notes: [
            "With --json, each line is a separate JSON document.",
            "The server keeps the newest 10,000 lines of a job, up to its --max-job-log-bytes.",
            "If lines are missing, a line of the output reports their number.",
        ]
    ) { invocation in
        let id = try invocation.read(0, as: .jobID)
        let asJSON = try invocation.value(Options.json)
        let follows = try invocation.value(Options.follow)
        try await invocation.withClient { client in
            var last: Int64 = 0
            if follows {
                for try await line in client.followLogs(id) { try show(line, after: &last, asJSON: asJSON) }
                return
            }
            var cursor: String?
            repeat {
                let page = try await client.logs(id, after: cursor)
                for line in page.lines { try show(line, after: &last, asJSON: asJSON) }
                cursor = page.next
            } while cursor != nil
        }
        return .done
    }

    /// Shows a line, preceded by the number of lines missing since the line with the number `last`.
    private static func show(_ line: StoredLogLine, after last: inout Int64, asJSON: Bool) throws {
        let missing = line.number - last - 1
        last = line.number
        if missing > 0 {
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
