import LonghaulCore

/// Formats values for people.
enum Format {
    /// A duration in its largest unit: `3m`.
    static func duration(_ seconds: Double) -> String {
        switch max(0, seconds) {
        case ..<10: "\(tenths(max(0, seconds)))s"
        case ..<60: "\(Int(seconds))s"
        case ..<3600: "\(Int(seconds / 60))m"
        case ..<86_400: "\(Int(seconds / 3600))h"
        default: "\(Int(seconds / 86_400))d"
        }
    }

    /// The time since a moment in the past, or until one in the future.
    static func age(_ moment: Timestamp?, at now: Timestamp) -> String {
        guard let moment else { return "-" }
        let seconds = now.seconds(since: moment)
        return seconds < -1 ? "in " + duration(-seconds) : duration(seconds)
    }

    /// A moment with its age.
    static func moment(_ moment: Timestamp?, at now: Timestamp) -> String? {
        guard let moment else { return nil }
        let age = age(moment, at: now)
        return "\(moment)  (\(age.hasPrefix("in ") ? age : age + " ago"))"
    }

    /// A length: `9.1 KB`.
    static func size(_ bytes: Int64) -> String {
        var value = Double(bytes)
        var units = ["B", "KB", "MB", "GB", "TB"][...]
        while value >= 1000, units.count > 1 {
            value /= 1000
            units.removeFirst()
        }
        let unit = units.first ?? "B"
        return unit == "B" ? "\(bytes) B" : "\(tenths(value)) \(unit)"
    }

    /// A number with at most one decimal.
    static func tenths(_ value: Double) -> String {
        let rounded = (value * 10).rounded() / 10
        return Int64(exactly: rounded).map { "\($0)" } ?? "\(rounded)"
    }

    /// An error in one line.
    static func error(_ error: JobError) -> String {
        "\(error.type): \(error.message)".printable
    }

    /// Progress in one line.
    static func progress(_ progress: Progress) -> String {
        let message = progress.message.map { " " + $0.printable } ?? ""
        return "\(tenths(progress.percent))%" + message
    }

    /// The end of a job in one line.
    static func ending(of job: Job) -> String {
        var line = "\(job.id) \(job.state.rawValue)"
        if let start = job.startedAt, let end = job.finishedAt, job.state == .completed {
            line += " in \(duration(end.seconds(since: start)))"
        }
        if let error = job.error, job.state != .completed { line += ": " + Format.error(error) }
        return line
    }

    /// The colour of a state.
    static func colour(_ state: JobState) -> Colour {
        switch state {
        case .completed: .green
        case .failed: .red
        case .cancelled, .retrying: .yellow
        case .processing: .blue
        case .scheduled, .blocked, .pending, .suspended: .plain
        }
    }

    /// The colour of the status of an operation.
    static func colour(_ status: OperationStatus) -> Colour {
        switch status {
        case .succeeded: .green
        case .failed: .red
        case .cancelled: .yellow
        case .started: .blue
        case .waiting: .plain
        }
    }

    /// Why a suspended job does not run: `paused, waits for signal confirmed (in 3d)`. Nil for another job.
    static func waits(of job: Job, at now: Timestamp) -> String? {
        var reasons = job.isPaused ? ["paused"] : []
        reasons += job.waitsFor.prefix(maxWaits).map { wait in
            let until = wait.until.map { " (\(age($0, at: now)))" } ?? ""
            return "waits for \(wait.type.rawValue) \(wait.name)\(until)"
        }
        let more = job.waitsFor.count - maxWaits
        if more > 0 { reasons.append("\(more) more") }
        return reasons.isEmpty ? nil : reasons.joined(separator: ", ")
    }

    /// The maximum number of waits in one line.
    private static let maxWaits = 3
}

/// The colours of the command, with their ANSI codes.
enum Colour: Int, Sendable {
    case plain = 0
    case bold = 1
    case red = 31
    case green = 32
    case yellow = 33
    case blue = 34

    /// Colours the text if the output supports colours.
    func callAsFunction(_ text: String) -> String {
        guard self != .plain, Console.hasColour else { return text }
        return "\u{1B}[\(rawValue)m\(text)\u{1B}[0m"
    }
}
