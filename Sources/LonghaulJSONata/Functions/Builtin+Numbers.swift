import Foundation

extension Builtin {
    /// The functions that work on numbers.
    static let numbers: [Builtin] = [
        Builtin("number", "<(nsb)-:n>", arity: 1, number),
        Builtin("floor", "<n-:n>", arity: 1) { call throws(Failure) in
            try call.number(0).map { .number($0.rounded(.down)) } ?? .undefined
        },
        Builtin("ceil", "<n-:n>", arity: 1) { call throws(Failure) in
            try call.number(0).map { .number($0.rounded(.up)) } ?? .undefined
        },
        Builtin("abs", "<n-:n>", arity: 1) { call throws(Failure) in
            try call.number(0).map { .number($0.magnitude) } ?? .undefined
        },
        Builtin("round", "<n-n?:n>", arity: 2) { call throws(Failure) in
            guard let number = try call.number(0) else { return .undefined }
            return .number(Rounding.halfToEven(number, decimals: try call.number(1) ?? 0))
        },
        Builtin("sqrt", "<n-:n>", arity: 1) { call throws(Failure) in
            guard let number = try call.number(0) else { return .undefined }
            if number < 0 { throw Failure("D3060", value: call[0], details: ["index": .number(1)]) }
            return .number(number.squareRoot())
        },
        Builtin("power", "<n-n:n>", arity: 2) { call throws(Failure) in
            guard let base = try call.number(0) else { return .undefined }
            let result = pow(base, try call.number(1) ?? .nan)
            if !result.isFinite {
                throw Failure("D3061", value: call[0], details: ["index": .number(1), "exp": call[1]])
            }
            return .number(result)
        },
        Builtin("formatNumber", "<n-so?:s>", arity: 3) { call throws(Failure) in
            guard let number = try call.number(0) else { return .undefined }
            guard let picture = try call.text(1) else { throw call.mismatch(1) }
            var options: ObjectValue?
            if case .object(let object) = call[2] { options = object }
            return try call.string(try NumberPicture.format(number, picture, options, call.budget))
        },
        Builtin("formatBase", "<n-n?:s>", arity: 2) { call throws(Failure) in
            guard let number = try call.number(0) else { return .undefined }
            let radix = Rounding.halfToEven(try call.number(1) ?? 10, decimals: 0)
            guard radix >= 2, radix <= 36 else { throw Failure("D3100", value: .number(radix)) }
            return .string(Text(RadixText.text(Rounding.halfToEven(number, decimals: 0), radix: Int(radix))))
        },
        Builtin("formatInteger", "<n-s:s>", arity: 2) { call throws(Failure) in
            guard let number = try call.number(0) else { return .undefined }
            guard let picture = try call.text(1) else { throw call.mismatch(1) }
            return try call.string(
                try IntegerFormatter.format(
                    number.rounded(.down), try IntegerPicture(picture, call.budget), call.budget))
        },
        Builtin("parseInteger", "<s-s:n>", arity: 2) { call throws(Failure) in
            guard let text = try call.text(0) else { return .undefined }
            guard let picture = try call.text(1) else { throw call.mismatch(1) }
            let parsed = try IntegerPicture(picture, call.budget)
            return try IntegerParser.parse(text, parsed, call.budget).map { .number($0) } ?? .undefined
        },
    ]

    @Sendable private static func number(_ call: BuiltinCall) throws(Failure) -> Value {
        switch call[0] {
        case .undefined: return .undefined
        case .number: return call[0]
        case .bool(let value): return .number(value ? 1 : 0)
        case .string(let text):
            try call.budget.allocate(text.count * 6)
            if let number = NumberReader.number(text.string) { return .number(number) }
        default: break
        }
        throw Failure("D3030", value: call[0], details: ["index": .number(1)])
    }
}

/// Reads the texts that `$number` accepts.
enum NumberReader {
    /// The number of a text: decimal, or hexadecimal, octal and binary with a prefix.
    static func number(_ text: String) -> Double? {
        let bytes = Array(text.utf8)
        if let number = prefixed(bytes) { return number }
        guard isDecimal(bytes), let number = Double(text), number.isFinite else { return nil }
        return number
    }

    private static func prefixed(_ bytes: [UInt8]) -> Double? {
        guard bytes.count > 2, bytes[0] == UInt8(ascii: "0") else { return nil }
        let radix: UInt8
        switch bytes[1] | 0x20 {
        case UInt8(ascii: "x"): radix = 16
        case UInt8(ascii: "o"): radix = 8
        case UInt8(ascii: "b"): radix = 2
        default: return nil
        }
        var result = 0.0
        for byte in bytes.dropFirst(2) {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            guard digit < radix else { return nil }
            result = result * Double(radix) + Double(digit)
        }
        return result
    }

    /// Checks the form `-?digits(.digits)?([eE][+-]?digits)?`.
    private static func isDecimal(_ bytes: [UInt8]) -> Bool {
        var index = 0
        func digits() -> Bool {
            let start = index
            while index < bytes.count, (48...57).contains(bytes[index]) { index += 1 }
            return index > start
        }
        if bytes.first == UInt8(ascii: "-") { index += 1 }
        guard digits() else { return false }
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            guard digits() else { return false }
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") {
                index += 1
            }
            guard digits() else { return false }
        }
        return index == bytes.count
    }
}

/// Rounds as `$round` does.
enum Rounding {
    /// Rounds to a number of decimals, which may be negative. A tie goes to the even neighbour.
    static func halfToEven(_ number: Double, decimals: Double) -> Double {
        guard number.isFinite, decimals.isFinite else { return number }
        var value = number
        let shift = Int(max(-400, min(400, decimals)))
        // Shifting the text's exponent keeps the decimal digits as they are.
        if shift != 0 { value = shifted(number, by: shift) }
        var result = value.rounded(.toNearestOrEven)
        if shift != 0 { result = shifted(result, by: -shift) }
        return result == 0 ? 0 : result
    }

    private static func shifted(_ number: Double, by power: Int) -> Double {
        let parts = NumberText.shortest(number).split(separator: "e")
        guard let digits = parts.first else { return number }
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        return Double("\(digits)e\(exponent + power)") ?? number
    }
}

/// Writes whole numbers in a base.
enum RadixText {
    /// The text of a whole number, as JavaScript's `toString(radix)`.
    static func text(_ number: Double, radix: Int) -> String {
        if radix == 10 || !number.isFinite { return NumberText.shortest(number) }
        if number.magnitude < 9e18 { return String(Int64(number), radix: radix) }
        var digits: [Character] = []
        var rest = number.magnitude
        while rest >= 1 {
            let digit = Int(fmod(rest, Double(radix)))
            digits.append(Character(String(digit, radix: radix)))
            rest = ((rest - Double(digit)) / Double(radix)).rounded(.down)
        }
        return (number < 0 ? "-" : "") + String(digits.reversed())
    }
}
