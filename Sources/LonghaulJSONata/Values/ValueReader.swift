/// Reads JSON into values.
///
/// It differs from LonghaulJSON where JavaScript's `JSON.parse` does: strings may hold unpaired surrogates,
/// and the last of several equal keys wins.
struct ValueReader {
    private let bytes: [UInt8]
    private var index = 0
    private let maxDepth: Int
    private let budget: Budget?

    /// A syntax error and the offset of the byte where it is.
    struct SyntaxError: Error {
        let message: String
        let offset: Int
        /// The limit of the evaluation that the text exceeds, if that is the error.
        var limit: Failure?
    }

    /// Reads one JSON document.
    ///
    /// - Parameter budget: Counts time, memory and stack, if an evaluation reads the document.
    static func read(
        _ bytes: [UInt8], maxDepth: Int = 512, budget: Budget? = nil
    ) throws(SyntaxError) -> Value {
        var reader = ValueReader(bytes: bytes, maxDepth: maxDepth, budget: budget)
        reader.skipSpace()
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.index == bytes.count else { throw reader.error("unexpected text after the value") }
        return value
    }

    private init(bytes: [UInt8], maxDepth: Int, budget: Budget?) {
        self.bytes = bytes
        self.maxDepth = maxDepth
        self.budget = budget
    }

    /// Counts the memory of a value.
    private func count(_ bytes: Int) throws(SyntaxError) {
        guard let budget else { return }
        do {
            try budget.step()
            try budget.checkStack()
            try budget.allocate(bytes)
        } catch {
            throw SyntaxError(message: error.message, offset: index, limit: error)
        }
    }

    private func error(_ message: String) -> SyntaxError {
        SyntaxError(message: "\(message) at byte \(index)", offset: index)
    }

    private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 32 || byte == 10 || byte == 13 || byte == 9 { index += 1 }
    }

    private mutating func value(depth: Int) throws(SyntaxError) -> Value {
        guard let byte = next else { throw error("unexpected end") }
        try count(byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") ? 128 : 32)
        switch byte {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return try number()
        }
    }

    private mutating func literal(_ word: String, _ value: Value) throws(SyntaxError) -> Value {
        guard bytes[index...].starts(with: word.utf8) else { throw error("invalid value") }
        index += word.utf8.count
        return value
    }

    private mutating func object(depth: Int) throws(SyntaxError) -> Value {
        guard depth <= maxDepth else { throw error("nested more than \(maxDepth) deep") }
        index += 1
        let object = ObjectValue()
        skipSpace()
        if next == UInt8(ascii: "}") {
            index += 1
            return .object(object)
        }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw error("expected a key in double quotes") }
            let key = try string()
            try count(48)
            skipSpace()
            guard next == UInt8(ascii: ":") else { throw error("expected ':'") }
            index += 1
            skipSpace()
            object[key] = try value(depth: depth)
            skipSpace()
            if try isEnd(UInt8(ascii: "}")) { return .object(object) }
        }
    }

    private mutating func array(depth: Int) throws(SyntaxError) -> Value {
        guard depth <= maxDepth else { throw error("nested more than \(maxDepth) deep") }
        index += 1
        var items: [Value] = []
        skipSpace()
        if next == UInt8(ascii: "]") {
            index += 1
            return .list(items)
        }
        while true {
            skipSpace()
            items.append(try value(depth: depth))
            skipSpace()
            if try isEnd(UInt8(ascii: "]")) { return .list(items) }
        }
    }

    /// Reads a comma, or the given end of a container.
    private mutating func isEnd(_ end: UInt8) throws(SyntaxError) -> Bool {
        guard let byte = next, byte == end || byte == UInt8(ascii: ",") else {
            throw error("expected ',' or '\(Character(UnicodeScalar(end)))'")
        }
        index += 1
        return byte == end
    }

    private mutating func number() throws(SyntaxError) -> Value {
        let start = index
        if next == UInt8(ascii: "-") { index += 1 }
        let whole = digits()
        guard whole > 0, whole == 1 || bytes[index - whole] != UInt8(ascii: "0") else {
            throw error("invalid value")
        }
        var isInteger = whole < 16
        if next == UInt8(ascii: ".") {
            isInteger = false
            index += 1
            guard digits() > 0 else { throw error("invalid number") }
        }
        if let byte = next, byte | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            index += 1
            if let sign = next, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { index += 1 }
            guard digits() > 0 else { throw error("invalid number") }
        }
        if isInteger { return .number(integer(start)) }
        return .number(Double(String(decoding: bytes[start..<index], as: UTF8.self)) ?? .nan)
    }

    private func integer(_ start: Int) -> Double {
        var value = 0
        for byte in bytes[start..<index] where byte != UInt8(ascii: "-") {
            value = value * 10 + Int(byte) - 48
        }
        return bytes[start] == UInt8(ascii: "-") ? -Double(value) : Double(value)
    }

    private mutating func digits() -> Int {
        let start = index
        while let byte = next, (48...57).contains(byte) { index += 1 }
        return index - start
    }
}

extension ValueReader {
    private mutating func string() throws(SyntaxError) -> Text {
        index += 1
        var units: [UInt16] = []
        var end = index
        while end < bytes.count, bytes[end] != UInt8(ascii: "\""), bytes[end] != UInt8(ascii: "\\") {
            end += 1
        }
        try count((end - index) * 2)
        units.reserveCapacity(end - index)
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return Text(units)
            case UInt8(ascii: "\\"): units.append(try escape())
            case 0..<0x20: throw error("unescaped control character in a string")
            case 0x20..<0x80:
                units.append(UInt16(byte))
                index += 1
            default: try appendScalar(to: &units)
            }
        }
        throw error("string without an end")
    }

    private mutating func escape() throws(SyntaxError) -> UInt16 {
        index += 1
        guard let byte = next else { throw error("string without an end") }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return UInt16(byte)
        case UInt8(ascii: "b"): return 8
        case UInt8(ascii: "f"): return 12
        case UInt8(ascii: "n"): return 10
        case UInt8(ascii: "r"): return 13
        case UInt8(ascii: "t"): return 9
        case UInt8(ascii: "u"):
            let digits = bytes[index...].prefix(4)
            guard digits.count == 4, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
                let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
            else { throw error("invalid escape") }
            index += 4
            return unit
        default: throw error("invalid escape")
        }
    }

    private mutating func appendScalar(to units: inout [UInt16]) throws(SyntaxError) {
        var decoder = UTF8()
        var rest = bytes[index...].prefix(4).makeIterator()
        guard case .scalarValue(let scalar) = decoder.decode(&rest) else { throw error("invalid UTF-8") }
        units.append(contentsOf: scalar.utf16)
        index += UTF8.width(scalar)
    }
}
