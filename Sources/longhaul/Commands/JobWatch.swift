import LonghaulClient
import LonghaulCore

/// Waits until jobs have ended and shows their progress on standard error.
struct JobWatch {
    private enum Event: Sendable {
        case change(JobChange)
        case ended(Job)
    }

    private let total: Int
    private var states: [JobID: JobState] = [:]
    private var ended = 0
    private var line = ProgressLine()

    /// Waits until every job has ended.
    ///
    /// - Parameter onEnd: receives each job when it ends.
    /// - Returns: ``ExitCode/done`` if all jobs were completed, else ``ExitCode/failed``.
    static func wait(
        for ids: [JobID], _ client: LonghaulClient, onEnd: (Job) throws -> Void
    ) async throws -> ExitCode {
        let jobs = Set(ids)
        var watch = JobWatch(total: jobs.count)
        defer { watch.line.clear() }
        let (stream, output) = AsyncThrowingStream<Event, any Error>.makeStream()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for id in jobs {
                group.addTask { await follow(id, client, output) }
            }
            var code = ExitCode.done
            for try await event in stream {
                guard case .ended(let job) = watch.handle(event) else { continue }
                if job.state != .completed { code = .failed }
                try onEnd(job)
                if watch.ended == jobs.count { break }
            }
            return code
        }
    }

    private static func follow(
        _ id: JobID, _ client: LonghaulClient, _ output: AsyncThrowingStream<Event, any Error>.Continuation
    ) async {
        do {
            for try await change in client.events(id) { output.yield(.change(change)) }
            output.yield(.ended(try await client.wait(for: id)))
        } catch {
            output.finish(throwing: error)
        }
    }

    private init(total: Int) {
        self.total = total
    }

    private mutating func handle(_ event: Event) -> Event {
        switch event {
        case .change(let change):
            states[change.jobID] = change.state
            // `follow` reports the end of the job.
            if !change.state.isFinal { show(change) }
        case .ended(let job):
            states[job.id] = job.state
            ended += 1
            line.clear()
        }
        return event
    }

    private mutating func show(_ change: JobChange) {
        let logLine = change.isProgress ? nil : Self.logLine(of: change)
        if total == 1 {
            let text = change.progress.map { Format.progress($0) } ?? Self.text(of: change)
            line.show(percent: change.progress?.percent, text, logLine: logLine)
        } else {
            let running = states.values.count { $0 == .processing }
            line.show(
                percent: 100 * Double(ended) / Double(total),
                "\(ended) of \(total) jobs ended, \(running) running", logLine: logLine)
        }
    }

    private static func logLine(of change: JobChange) -> String {
        "\(change.jobID) \(text(of: change))"
    }

    private static func text(of change: JobChange) -> String {
        var text = change.state.rawValue
        if change.state == .processing { text += ", attempt \(change.attempt)" }
        if let error = change.error { text += ": " + Format.error(error) }
        return text
    }
}
