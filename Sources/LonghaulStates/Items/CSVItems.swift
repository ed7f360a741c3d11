/// Items of CSV: an object for each row, with the names of the header.
struct CSVItems: Sendable {
    private let delimiter: UInt8
    private var header: [String]?
    private var row: [String] = []
    private var field: [UInt8] = []
    private var state = State.start
    /// The number of bytes of the row so far.
    private var rowBytes = 0
    private var rowNumber = 1

    /// Where the parser is.
    private enum State: Sendable {
        /// At the start of a field.
        case start
        /// In a field without quotes.
        case plain
        /// Between quotes.
        case quoted
        /// After a quote in a quoted field: its end, or the first half of an escaped quote.
        case quote
    }

    private static let delimiters: [String: UInt8] = [
        "COMMA": UInt8(ascii: ","), "PIPE": UInt8(ascii: "|"), "SEMICOLON": UInt8(ascii: ";"),
        "SPACE": UInt8(ascii: " "), "TAB": UInt8(ascii: "\t"),
    ]

    init(_ format: ItemFormat) throws(ItemError) {
        delimiter = format.delimiter.flatMap { CSVItems.delimiters[$0] } ?? UInt8(ascii: ",")
        if format.headerLocation == "GIVEN" { header = try CSVItems.checked(format.headers) }
    }

    private static func checked(_ header: [String]) throws(ItemError) -> [String] {
        guard Set(header).count == header.count else {
            throw ItemError("CSV headers cannot contain duplicates.")
        }
        return header
    }

    mutating func append(_ bytes: some Sequence<UInt8>) throws(ItemError) -> [StateValue] {
        var items: [StateValue] = []
        for byte in bytes {
            rowBytes += 1
            guard rowBytes <= LineItems.maxBytes else {
                throw ItemError("Row \(rowNumber) of the CSV is longer than \(LineItems.maxBytes) bytes.")
            }
            if let item = try read(byte) { items.append(item) }
            if state == .start, row.isEmpty { rowBytes = 0 }
        }
        return items
    }

    mutating func finish() throws(ItemError) -> [StateValue] {
        guard state != .start || !row.isEmpty else { return [] }
        endField()
        return try endRow().map { [$0] } ?? []
    }

    /// Reads a byte, and returns the item of the row that it ends.
    private mutating func read(_ byte: UInt8) throws(ItemError) -> StateValue? {
        if state == .quoted {
            if byte == UInt8(ascii: "\"") { state = .quote } else { field.append(byte) }
            return nil
        }
        switch byte {
        case delimiter:
            endField()
            // The next field exists, even if it is empty.
            state = .plain
        case UInt8(ascii: "\n"):
            guard state != .start || !row.isEmpty else { return nil }
            if field.last == UInt8(ascii: "\r") { field.removeLast() }
            let isEmptyLine = row.isEmpty && field.isEmpty && state == .plain
            endField()
            guard !isEmptyLine else {
                row = []
                return nil
            }
            return try endRow()
        case UInt8(ascii: "\"") where field.isEmpty && state != .quote: state = .quoted
        case UInt8(ascii: "\"") where state == .quote:
            field.append(byte)
            state = .quoted
        default:
            field.append(byte)
            state = .plain
        }
        return nil
    }

    private mutating func endField() {
        row.append(String(decoding: field, as: UTF8.self))
        field.removeAll(keepingCapacity: true)
        state = .start
    }

    /// The item of a row: missing fields are empty, further fields are dropped. Nil for the header.
    private mutating func endRow() throws(ItemError) -> StateValue? {
        defer {
            row.removeAll(keepingCapacity: true)
            rowNumber += 1
        }
        guard let header else {
            if row[0].hasPrefix("\u{FEFF}") { row[0].removeFirst() }
            self.header = try CSVItems.checked(row)
            return nil
        }
        var object = StateObject()
        for (index, name) in header.enumerated() {
            object[name] = .string(index < row.count ? row[index] : "")
        }
        return .object(object)
    }
}
