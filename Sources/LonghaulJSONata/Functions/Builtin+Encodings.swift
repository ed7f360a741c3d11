import Foundation

extension Builtin {
    /// The functions that encode and decode strings.
    static let encodings: [Builtin] = [
        Builtin("base64encode", "<s-:s>", arity: 1) { call throws(Failure) in
            guard let text = try call.text(0) else { return .undefined }
            try call.budget.allocateString((text.count + 2) / 3 * 4)
            // As in JavaScript, each code unit is one byte.
            let bytes = text.units.map { UInt8(truncatingIfNeeded: $0) }
            return .string(Text(Data(bytes).base64EncodedString()))
        },
        Builtin("base64decode", "<s-:s>", arity: 1) { call throws(Failure) in
            guard let text = try call.text(0) else { return .undefined }
            try call.budget.allocateString(text.count)
            return .string(Text(Base64.decode(text).map { UInt16($0) }))
        },
        Builtin("encodeUrlComponent", "<s-:s>", arity: 1) { call throws(Failure) in
            try encode(call, "encodeUrlComponent", unreserved: URLCharacters.component)
        },
        Builtin("encodeUrl", "<s-:s>", arity: 1) { call throws(Failure) in
            try encode(call, "encodeUrl", unreserved: URLCharacters.whole)
        },
        Builtin("decodeUrlComponent", "<s-:s>", arity: 1) { call throws(Failure) in
            try decode(call, "decodeUrlComponent", kept: [])
        },
        Builtin("decodeUrl", "<s-:s>", arity: 1) { call throws(Failure) in
            try decode(call, "decodeUrl", kept: URLCharacters.reserved)
        },
    ]

    private enum URLCharacters {
        static let reserved = Set(";/?:@&=+$,#".utf8)
        static let component = Set(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()".utf8)
        static let whole = component.union(reserved)
    }

    private static func malformed(_ call: BuiltinCall, _ name: String) -> Failure {
        Failure("D3140", value: call[0], details: ["functionName": .string(Text(name))])
    }

    private static let hexadecimal = Array("0123456789ABCDEF".utf16)

    private static func encode(
        _ call: BuiltinCall, _ name: String, unreserved: Set<UInt8>
    ) throws(Failure) -> Value {
        guard let text = try call.text(0) else { return .undefined }
        try call.budget.allocate(text.count * 3)
        try call.budget.scan(text.count * 4)
        if text.hasUnpairedSurrogate { throw malformed(call, name) }
        let isPlain = (0...UInt8.max).map { unreserved.contains($0) }
        let bytes = Array(text.string.utf8)
        try call.budget.allocateString(bytes.reduce(0) { $0 + (isPlain[Int($1)] ? 1 : 3) })
        var units: [UInt16] = []
        for byte in bytes {
            if isPlain[Int(byte)] {
                units.append(UInt16(byte))
            } else {
                units.append(0x25)
                units.append(hexadecimal[Int(byte >> 4)])
                units.append(hexadecimal[Int(byte & 15)])
            }
        }
        return .string(Text(units))
    }

    private static func decode(
        _ call: BuiltinCall, _ name: String, kept: Set<UInt8>
    ) throws(Failure) -> Value {
        guard let text = try call.text(0) else { return .undefined }
        try call.budget.allocateString(text.count)
        var units: [UInt16] = []
        var index = 0
        while index < text.count {
            guard text.units[index] == 0x25 else {
                units.append(text.units[index])
                index += 1
                continue
            }
            try call.budget.step()
            let start = index
            guard let scalar = decodeScalar(text, &index) else { throw malformed(call, name) }
            if scalar.value < 0x80, kept.contains(UInt8(scalar.value)) {
                units.append(contentsOf: text.units[start..<index])
            } else {
                units.append(contentsOf: scalar.utf16)
            }
        }
        return .string(Text(units))
    }

    /// Decodes the escapes of one character.
    private static func decodeScalar(_ text: Text, _ index: inout Int) -> Unicode.Scalar? {
        func byte() -> UInt8? {
            guard index + 2 < text.count, text.units[index] == 0x25 else { return nil }
            let digits = text.slice(index + 1, index + 3).string
            guard digits.allSatisfy({ $0.isASCII && $0.isHexDigit }) else { return nil }
            index += 3
            return UInt8(digits, radix: 16)
        }
        guard let first = byte() else { return nil }
        var bytes = [first]
        let length = first < 0x80 ? 1 : first & 0xE0 == 0xC0 ? 2 : first & 0xF0 == 0xE0 ? 3 : 4
        while bytes.count < length {
            guard let next = byte() else { return nil }
            bytes.append(next)
        }
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        guard case .scalarValue(let scalar) = decoder.decode(&iterator), UTF8.width(scalar) == length else {
            return nil
        }
        return scalar
    }
}

/// Base 64 as Node.js decodes it: both alphabets, other characters ignored, padding optional.
enum Base64 {
    /// The bytes of a text.
    static func decode(_ text: Text) -> [UInt8] {
        var bytes: [UInt8] = []
        var bits = 0
        var count = 0
        for unit in text.units {
            guard unit != 0x3D else { break }
            guard let value = value(of: unit) else { continue }
            bits = (bits << 6 | value) & 0xFFFF
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> count))
            }
        }
        return bytes
    }

    private static func value(of unit: UInt16) -> Int? {
        switch unit {
        case 0x41...0x5A: Int(unit) - 0x41
        case 0x61...0x7A: Int(unit) - 0x61 + 26
        case 0x30...0x39: Int(unit) - 0x30 + 52
        case 0x2B, 0x2D: 62
        case 0x2F, 0x5F: 63
        default: nil
        }
    }
}
