/// The escapes and placeholders in the strings of intrinsic functions.
enum IntrinsicText {
    /// The string without its escapes: a backslash stands before `'`, `{`, `}` or `\`.
    static func unescaped(_ raw: String) -> String {
        guard raw.utf8.contains(UInt8(ascii: "\\")) else { return raw }
        var result = String.UnicodeScalarView()
        var isEscaped = false
        for scalar in raw.unicodeScalars {
            if isEscaped {
                if !"'{}\\".unicodeScalars.contains(scalar) { result.append("\\") }
                result.append(scalar)
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else {
                result.append(scalar)
            }
        }
        if isEscaped { result.append("\\") }
        return String(result)
    }

    /// The parts of a format between its placeholders `{}`. An escaped brace is a part of the text.
    static func parts(of format: String) -> [String] {
        var parts: [String] = []
        var part = String.UnicodeScalarView()
        var scalars = format.unicodeScalars[...]
        while let scalar = scalars.popFirst() {
            if scalar == "\\", let next = scalars.first, "'{}\\".unicodeScalars.contains(next) {
                part.append(next)
                scalars.removeFirst()
            } else if scalar == "{", scalars.first == "}" {
                scalars.removeFirst()
                parts.append(String(part))
                part = String.UnicodeScalarView()
            } else {
                part.append(scalar)
            }
        }
        parts.append(String(part))
        return parts
    }
}
