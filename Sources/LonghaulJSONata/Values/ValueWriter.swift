/// Writes a value as JSON text in UTF-16, as JavaScript's `JSON.stringify` does.
struct ValueWriter {
    /// Spaces per level; zero writes one line.
    let indent: Int
    /// True to write what `$string` returns: numbers have 15 significant digits, and the text is no longer than
    /// a string may be.
    let isForString: Bool
    let budget: Budget
    private(set) var units: [UInt16] = []

    init(indent: Int = 0, isForString: Bool, budget: Budget) {
        self.indent = indent
        self.isForString = isForString
        self.budget = budget
    }

    /// Appends a value. `undefined` and tuples become `null`, functions an empty string.
    mutating func write(_ value: Value, level: Int = 0) throws(Failure) {
        try budget.step()
        try budget.checkStack()
        try reserve(2)
        switch value {
        case .undefined, .null, .tuple: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .number(let number): try write(number)
        case .string(let text): try write(text)
        case .function: append("\"\"")
        case .array(let array): try write(array, level)
        case .object(let object): try write(object, level)
        }
    }

    /// Counts code units that are about to be appended.
    private func reserve(_ count: Int) throws(Failure) {
        if isForString {
            try budget.allocate(count, appendedTo: units.count)
        } else {
            try budget.allocate(count * 2)
        }
    }

    private mutating func write(_ number: Double) throws(Failure) {
        if number.isNaN { return append("null") }
        if number.isInfinite { throw Failure("D1001", value: .number(number)) }
        let text = NumberText.shortest(isForString ? try NumberText.rounded(number) : number)
        try reserve(text.utf8.count)
        append(text)
    }

    private mutating func write(_ array: ArrayValue, _ level: Int) throws(Failure) {
        guard array.count > 0 else { return append("[]") }
        append("[")
        for (index, item) in array.items.enumerated() {
            if index > 0 { append(",") }
            try newLine(level + 1)
            try write(item, level: level + 1)
        }
        try newLine(level)
        append("]")
    }

    private mutating func write(_ object: ObjectValue, _ level: Int) throws(Failure) {
        append("{")
        var isEmpty = true
        for (key, value) in zip(object.keys, object.values) where value.isDefined {
            if !isEmpty { append(",") }
            isEmpty = false
            try newLine(level + 1)
            try write(key)
            append(indent > 0 ? ": " : ":")
            try write(value, level: level + 1)
        }
        if !isEmpty { try newLine(level) }
        append("}")
    }

    private mutating func newLine(_ level: Int) throws(Failure) {
        guard indent > 0 else { return }
        try reserve(indent * level + 1)
        units.append(10)
        units.append(contentsOf: repeatElement(32, count: indent * level))
    }

    private mutating func append(_ text: String) {
        for byte in text.utf8 { units.append(UInt16(byte)) }
    }

    private mutating func write(_ text: Text) throws(Failure) {
        try reserve(text.count)
        let start = units.count
        units.append(0x22)
        for (index, unit) in text.units.enumerated() {
            switch unit {
            case 0x22: append("\\\"")
            case 0x5C: append("\\\\")
            case 0x08: append("\\b")
            case 0x09: append("\\t")
            case 0x0A: append("\\n")
            case 0x0C: append("\\f")
            case 0x0D: append("\\r")
            case 0..<0x20: escape(unit)
            case 0xD800...0xDBFF where index + 1 >= text.count || text.units[index + 1] & 0xFC00 != 0xDC00:
                escape(unit)
            case 0xDC00...0xDFFF where index == 0 || text.units[index - 1] & 0xFC00 != 0xD800: escape(unit)
            default: units.append(unit)
            }
        }
        units.append(0x22)
        // Escapes make the text longer, up to six times.
        let escapes = units.count - start - text.count
        if escapes > 2 { try reserve(escapes) }
    }

    private mutating func escape(_ unit: UInt16) {
        let digits = String(unit, radix: 16)
        append("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
    }
}
