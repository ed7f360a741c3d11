/// The progress of a command on standard error: one redrawn line on a terminal, else a line for each change.
struct ProgressLine {
    private var last = ""

    /// Shows progress.
    ///
    /// - Parameters:
    ///   - percent: 0 to 100; nil if it is not known.
    ///   - text: the current activity.
    ///   - logLine: the line if standard error is not a terminal; nil for no line.
    mutating func show(percent: Double?, _ text: String, logLine: String?) {
        if Console.canRedraw {
            draw((percent.map { Self.bar($0) + " " } ?? "") + text)
        } else if let logLine, logLine != last {
            Console.note(logLine)
            last = logLine
        }
    }

    /// Removes the line.
    mutating func clear() {
        if !last.isEmpty, Console.canRedraw { Console.note("\r\u{1B}[K", end: "") }
        last = ""
    }

    private mutating func draw(_ line: String) {
        let fitting = String(line.prefix(max(10, Console.width - 1)))
        guard fitting != last else { return }
        Console.note("\r\u{1B}[K" + fitting, end: "")
        last = fitting
    }

    private static func bar(_ percent: Double) -> String {
        let length = 24
        let full = Int((min(100, max(0, percent)) / 100 * Double(length)).rounded(.down))
        let bar = String(repeating: "#", count: full) + String(repeating: ".", count: length - full)
        return "[\(bar)]"
    }
}
