import LonghaulClient
import LonghaulCore
import LonghaulHTTP

extension Commands {
    static let top = Command(
        name: "top", summary: "Shows queues and workers, live.",
        options: [Options.topInterval, Options.once, Options.json] + Options.client,
        notes: [
            "Keys: q quits, the arrow and Page keys select, s sorts, / filters by queue, Enter opens the jobs of a queue and "
                + "the details of a job, Esc returns, p pauses the display, ? shows all keys.",
            "With --once or --json, or when the output is not a terminal, it prints once and ends.",
        ]
    ) { invocation in
        let asJSON = try invocation.value(Options.json)
        let isLive = try !invocation.value(Options.once) && !asJSON && Console.canRedrawOutput
        let interval = try invocation.value(Options.topInterval)
        try await invocation.withClient { client in
            let snapshot = try await TopSnapshot(client)
            if asJSON { return try snapshot.printJSON() }
            guard isLive else { return try Console.print(snapshot.lines().joined(separator: "\n")) }
            try await Terminal.take { events in
                try await TopLoop(client, intervalSeconds: interval).run(snapshot, events)
            }
        }
        return .done
    }
}

/// Reads the server at intervals and after keys, and draws the screen.
private struct TopLoop {
    private enum Event: Sendable {
        case terminal(Terminal.Event)
        case time
        case read(Result<TopSnapshot, any Error>)
    }

    private let client: LonghaulClient
    private let intervalSeconds: Double

    init(_ client: LonghaulClient, intervalSeconds: Double) {
        self.client = client
        self.intervalSeconds = intervalSeconds
    }

    func run(_ first: TopSnapshot, _ terminal: AsyncStream<Terminal.Event>) async throws {
        let (events, output) = AsyncStream<Event>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for await event in terminal { output.yield(.terminal(event)) } }
            group.addTask {
                while true {
                    try await Task.sleep(for: .seconds(intervalSeconds))
                    output.yield(.time)
                }
            }
            var view = TopView(first)
            var isReading = false
            var isStale = false
            try draw(&view)
            for await event in events {
                var reads = false
                switch event {
                case .terminal(.closed): output.finish()
                case .terminal(.redraw): break
                case .terminal(.key(let key)):
                    switch view.handle(key) {
                    case .draw: break
                    case .read: reads = true
                    case .quit: output.finish()
                    case .suspend: Terminal.suspend()
                    case .interrupt: Terminal.interrupt()
                    }
                case .time: reads = !view.isPaused && !isReading
                case .read(.success(let snapshot)):
                    isReading = false
                    view.show(snapshot)
                case .read(.failure(let error)):
                    isReading = false
                    view.problem = Self.text(of: error)
                }
                if reads || isStale, !isReading {
                    (isReading, isStale) = (true, false)
                    let (queue, job) = (view.openQueue, view.openJob)
                    group.addTask { [client] in
                        output.yield(.read(await Self.read(client, queue: queue, job: job)))
                    }
                } else if reads {
                    // The answer to the running call is for another page.
                    isStale = true
                }
                try draw(&view)
            }
            group.cancelAll()
        }
    }

    private static func read(
        _ client: LonghaulClient, queue: String?, job: JobID?
    ) async -> Result<TopSnapshot, any Error> {
        do {
            return .success(try await TopSnapshot(client, queue: queue, job: job))
        } catch {
            return .failure(error)
        }
    }

    private static func text(of error: any Error) -> String {
        switch error {
        case let error as LonghaulError: error.description
        case let error as HTTPClientError: error.message
        default: "\(error)"
        }
    }

    /// Overwrites the screen line by line, so that it does not flicker. A line is cleared before it is written: after a line
    /// that fills the width, the cursor is on its last character.
    private func draw(_ view: inout TopView) throws {
        let size = Terminal.size
        let lines = view.lines(width: size.width, height: size.height)
        let text = lines.map { "\u{1B}[2K" + $0 }.joined(separator: "\n")
        try Console.printRaw("\u{1B}[H" + text + "\u{1B}[1;1H")
    }
}
