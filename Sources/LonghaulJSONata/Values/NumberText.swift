import Glibc

/// Numbers as text, by the rules of JavaScript.
enum NumberText {
    /// The shortest decimal text that reads back as the number, as JavaScript's `String(number)` writes it.
    static func shortest(_ number: Double) -> String {
        if number == 0 { return "0" }
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
        if number.magnitude < 9_007_199_254_740_992, number.rounded(.towardZero) == number {
            return String(Int64(number))
        }
        let sign = number < 0 ? "-" : ""
        let (digits, exponent) = decimal(number.magnitude.description)
        return sign + layOut(digits, exponent)
    }

    /// The significant digits of a decimal text, and the power of ten of the point before the first digit.
    private static func decimal(_ text: String) -> (digits: [UInt8], exponent: Int) {
        var digits: [UInt8] = []
        var point: Int?
        var power = 0
        let bytes = Array(text.utf8)
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: ".") {
                point = digits.count
            } else if byte == UInt8(ascii: "e") {
                power = Int(String(decoding: bytes[(index + 1)...], as: UTF8.self)) ?? 0
                break
            } else {
                digits.append(byte)
            }
        }
        var exponent = (point ?? digits.count) + power
        while digits.count > 1, digits.first == UInt8(ascii: "0") {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
        return (digits, exponent)
    }

    private static func layOut(_ digits: [UInt8], _ exponent: Int) -> String {
        let text = String(decoding: digits, as: UTF8.self)
        let count = digits.count
        if exponent > 21 || exponent < -5 {
            let power = exponent - 1
            let fraction = count > 1 ? "." + text.dropFirst() : ""
            return "\(text.prefix(1))\(fraction)e\(power < 0 ? "-" : "+")\(abs(power))"
        }
        if exponent <= 0 { return "0." + String(repeating: "0", count: -exponent) + text }
        if exponent >= count { return text + String(repeating: "0", count: exponent - count) }
        return "\(text.prefix(exponent)).\(text.dropFirst(exponent))"
    }

    /// The number rounded to 15 significant digits, as `$string` shows it; integers stay as they are.
    ///
    /// - Throws: D1001 for a number beyond the range of doubles.
    static func rounded(_ number: Double) throws(Failure) -> Double {
        if number.isInfinite { throw Failure("D1001", value: .number(number)) }
        if number.isNaN || number.rounded(.towardZero) == number { return number }
        let text = format(number.magnitude, "%.40e")
        let digits = text.utf8.filter { (48...57).contains($0) }
        let power = Int(text.split(separator: "e")[1]) ?? 0
        var kept = digits.prefix(15).reduce(0) { $0 * 10 + Int($1 - 48) }
        if digits[15] >= 53 { kept += 1 }
        let value = Double("\(kept)e\(power - 14)") ?? number
        return number < 0 ? -value : value
    }

    /// The number with a fixed count of decimals, ties rounded up in magnitude, as JavaScript's `toFixed`.
    static func fixed(_ number: Double, decimals: Int) -> String {
        guard number.magnitude < 1e21 else { return shortest(number) }
        let sign = number < 0 ? "-" : ""
        let exact = format(number.magnitude, "%.\(decimals + 30)f")
        var digits = exact.utf8.filter { $0 != 46 }.dropLast(29)
        let isUp = (digits.last ?? 48) >= 53
        digits.removeLast()
        var result = Array(digits)
        if isUp { increment(&result) }
        let whole = result.count - decimals
        let head = String(decoding: result[..<whole], as: UTF8.self)
        guard decimals > 0 else { return sign + head }
        return sign + head + "." + String(decoding: result[whole...], as: UTF8.self)
    }

    private static func increment(_ digits: inout [UInt8]) {
        var index = digits.count - 1
        while index >= 0 {
            if digits[index] < 57 {
                digits[index] += 1
                return
            }
            digits[index] = 48
            index -= 1
        }
        digits.insert(49, at: 0)
    }

    private static func format(_ number: Double, _ picture: String) -> String {
        var buffer = [CChar](repeating: 0, count: 512)
        let length = withVaList([number]) { vsnprintf(&buffer, buffer.count, picture, $0) }
        return String(
            decoding: buffer.prefix(max(0, min(Int(length), buffer.count - 1))).map { UInt8(bitPattern: $0) },
            as: UTF8.self)
    }
}
