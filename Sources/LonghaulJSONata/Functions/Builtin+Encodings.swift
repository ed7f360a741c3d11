import Foundation

extension Builtin {
    /// The functions that encode and decode strings.
    static let encodings: [Builtin] = [
        Builtin("base64encode", "<s-:s>", arity: 1) { call throws(Failure) in
            guard let text = try call.text(0) else { return .undefined }
            // As in JavaScript, each code unit is one byte.
            let bytes = text.units.map { UInt8(truncatingIfNeeded: $0) }
            return try call.string(Text(Data(bytes).base64EncodedString()))
        },
        Builtin("base64decode", "<s-:s>", arity: 1) { call throws(Failure) in
            guard let text = try call.text(0) else { return .undefined }
            return try call.string(Text(Base64.decode(text).map { UInt16($0) }))
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
        static let reserved = Set(";/?:@&=+$,#".utf16)
        static let component = Set(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()".utf16)
        static let whole = component.union(reserved)
    }

    private static func malformed(_ call: BuiltinCall, _ name: String) -> Failure {
        Failure("D3140", value: call[0], details: ["functionName": .string(Text(name))])
    }

    private static let hexadecimal = Array("0123456789ABCDEF".utf16)

    private static func encode(
        _ call: BuiltinCall, _ name: String, unreserved: Set<UInt16>
    ) throws(Failure) -> Value {
        guard let text = try call.text(0) else { return .undefined }
        if text.hasUnpairedSurrogate { throw malformed(call, name) }
        var units: [UInt16] = []
        for byte in text.string.utf8 {
            if unreserved.contains(UInt16(byte)) {
                units.append(UInt16(byte))
            } else {
                units += [0x25, hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]]
            }
        }
        return try call.string(Text(units))
    }

    private static func decode(
        _ call: BuiltinCall, _ name: String, kept: Set<UInt16>
    ) throws(Failure) -> Value {
        guard let text = try call.text(0) else { return .undefined }
        var units: [UInt16] = []
        var index = 0
        while index < text.count {
            guard text.units[index] == 0x25 else {
                units.append(text.units[index])
                index += 1
                continue
            }
            let start = index
            guard let scalar = decodeScalar(text, &index) else { throw malformed(call, name) }
            if scalar.value < 0x80, kept.contains(UInt16(scalar.value)) {
                units.append(contentsOf: text.units[start..<index])
            } else {
                units.append(contentsOf: scalar.utf16)
            }
        }
        return try call.string(Text(units))
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
