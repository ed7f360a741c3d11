import LonghaulClient
import LonghaulCore

extension Commands {
    static let logs = Command(
        name: "logs", summary: "Shows a job's log.", arguments: [.job],
        options: [Options.follow, Options.json] + Options.client,
        notes: ["With --json each line is a JSON document of its own."]
    ) { invocation in
        let id = try invocation.read(0, as: .jobID)
        let asJSON = try invocation.value(Options.json)
        let follows = try invocation.value(Options.follow)
        try await invocation.withClient { client in
            if follows {
                for try await line in client.followLogs(id) { try show(line, asJSON: asJSON) }
                return
            }
            var cursor: String?
            repeat {
                let page = try await client.logs(id, after: cursor)
                for line in page.lines { try show(line, asJSON: asJSON) }
                cursor = page.next
            } while cursor != nil
        }
        return .done
    }

    private static func show(_ line: StoredLogLine, asJSON: Bool) throws {
        if asJSON {
            try Console.print(json: line)
        } else {
            let level = line.line.level.rawValue
            let padding = String(repeating: " ", count: 7 - level.count)
            let colour = colour(line.line.level)
            try Console.print("\(line.line.at)  \(colour(level))\(padding)  \(line.line.message.printable)")
        }
    }

    private static func colour(_ level: LogLine.Level) -> Colour {
        switch level {
        case .debug, .info: .plain
        case .warning: .yellow
        case .error: .red
        }
    }
}
