/// A table with aligned columns. Later rows use the widths of earlier ones.
struct Table {
    /// A column.
    struct Column {
        let title: String
        var isNumber = false
    }

    /// One field of a row.
    struct Cell: ExpressibleByStringInterpolation {
        let text: String
        var colour = Colour.plain

        init(_ text: String, _ colour: Colour = .plain) {
            self.text = text.printable
            self.colour = colour
        }

        init(stringLiteral text: String) {
            self.init(text)
        }
    }

    private let columns: [Column]
    private var widths: [Int]
    private var hasHeader = false

    /// Creates a table.
    init(_ columns: [Column]) {
        self.columns = columns
        widths = columns.map(\.title.count)
    }

    /// Formats rows. The first rows get the titles above them.
    mutating func lines(_ rows: [[Cell]]) -> [String] {
        for row in rows {
            for (index, cell) in row.enumerated() { widths[index] = max(widths[index], cell.text.count) }
        }
        let header = hasHeader ? [] : [line(columns.map { Cell($0.title, .bold) })]
        hasHeader = true
        return header + rows.map(line)
    }

    private func line(_ row: [Cell]) -> String {
        let fields = row.enumerated().map { index, cell -> String in
            let text = cell.colour(cell.text)
            let padding = String(repeating: " ", count: widths[index] - cell.text.count)
            return columns[index].isNumber ? padding + text : text + padding
        }
        var line = fields.joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        return line
    }
}
