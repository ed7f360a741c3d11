import LonghaulClient
import LonghaulCore

extension Commands {
    static let tail = Command(
        name: "tail", summary: "Shows changes of jobs live.",
        options: [Options.queueFilter, Options.kindFilter, Options.states, Options.progress, Options.json]
            + Options.client,
        notes: ["With --json, each line is a separate JSON document. Ctrl-C ends it."]
    ) { invocation in
        let queue = try invocation.value(Options.queueFilter)
        let kind = try invocation.value(Options.kindFilter)
        let states = try invocation.value(Options.states)
        let withProgress = try invocation.value(Options.progress)
        let asJSON = try invocation.value(Options.json)
        try await invocation.withClient { client in
            let changes = client.events(ofQueue: queue) {
                Console.note("changes are missing here: the server no longer has them")
            }
            for try await change in changes {
                if change.isProgress, !withProgress { continue }
                if let kind, change.kind != kind { continue }
                if !states.isEmpty, !states.contains(change.state) { continue }
                if asJSON { try Console.print(json: change) } else { try Console.print(line(change)) }
            }
        }
        return .done
    }

    private static func line(_ change: JobChange) -> String {
        let state = change.state.rawValue
        var text = "\(change.at)  \(change.jobID)  "
        text += Format.colour(change.state)(state) + String(repeating: " ", count: max(0, 10 - state.count))
        text += "  \(change.queue)  \(change.kind)"
        if change.attempt > 0 { text += "  attempt \(change.attempt)" }
        if let progress = change.progress { text += "  " + Format.progress(progress) }
        if let error = change.error { text += "  " + Format.error(error) }
        return text
    }
}
