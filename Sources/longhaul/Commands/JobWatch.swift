import LonghaulClient
import LonghaulCore

/// Waits for the end of jobs and shows on standard error what happens meanwhile.
struct JobWatch {
    private enum News: Sendable {
        case change(JobChange)
        case ended(Job)
    }

    private let total: Int
    private var states: [JobID: JobState] = [:]
    private var ended = 0
    private var line = ProgressLine()

    /// Waits until every job has ended.
    ///
    /// - Parameter onEnd: told of each job as it ends.
    /// - Returns: ``ExitCode/done`` if all were completed, else ``ExitCode/failed``.
    static func wait(
        for ids: [JobID], _ client: LonghaulClient, onEnd: (Job) throws -> Void
    ) async throws -> ExitCode {
        let jobs = Set(ids)
        var watch = JobWatch(total: jobs.count)
        defer { watch.line.clear() }
        let (stream, output) = AsyncThrowingStream<News, any Error>.makeStream()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for id in jobs {
                group.addTask { await follow(id, client, output) }
            }
            var code = ExitCode.done
            for try await news in stream {
                guard case .ended(let job) = watch.take(news) else { continue }
                if job.state != .completed { code = .failed }
                try onEnd(job)
                if watch.ended == jobs.count { break }
            }
            return code
        }
    }

    private static func follow(
        _ id: JobID, _ client: LonghaulClient, _ output: AsyncThrowingStream<News, any Error>.Continuation
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

    private mutating func take(_ news: News) -> News {
        switch news {
        case .change(let change):
            states[change.jobID] = change.state
            // The end is told by whoever waits for it.
            if !change.state.isFinal { show(change) }
        case .ended(let job):
            states[job.id] = job.state
            ended += 1
            line.clear()
        }
        return news
    }

    private mutating func show(_ change: JobChange) {
        let news = change.isProgress ? nil : Self.news(of: change)
        if total == 1 {
            let text = change.progress.map { Words.progress($0) } ?? Self.text(of: change)
            line.show(percent: change.progress?.percent, text, news: news)
        } else {
            let running = states.values.count { $0 == .processing }
            line.show(
                percent: 100 * Double(ended) / Double(total),
                "\(ended) of \(total) jobs ended, \(running) running", news: news)
        }
    }

    private static func news(of change: JobChange) -> String {
        "\(change.jobID) \(text(of: change))"
    }

    private static func text(of change: JobChange) -> String {
        var text = change.state.rawValue
        if change.state == .processing { text += ", attempt \(change.attempt)" }
        if let error = change.error { text += ": " + Words.error(error) }
        return text
    }
}
