/// What is going on, on standard error: redrawn in place on a terminal, else a line for each news.
struct ProgressLine {
    private var last = ""

    /// Shows how far something has come.
    ///
    /// - Parameters:
    ///   - percent: 0 to 100; nil while there is no telling.
    ///   - text: what it is doing.
    ///   - news: the line for where nothing can be redrawn; nil if this is not worth one.
    mutating func show(percent: Double?, _ text: String, news: String?) {
        if Console.canRedraw {
            draw((percent.map { Self.bar($0) + " " } ?? "") + text)
        } else if let news, news != last {
            Console.note(news)
            last = news
        }
    }

    /// Takes the line away.
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
