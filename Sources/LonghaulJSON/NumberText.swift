/// Parses the text of a valid JSON number exactly.
enum NumberText {
    /// The parts of a number: `-12.50e3` has the digits `125` and the exponent 2. Its value is the digits times 10 to
    /// the power of the exponent.
    struct Parts {
        var isNegative = false
        /// The decimal digits without zeros at either end; empty for zero.
        var digits: [UInt8] = []
        /// Nil if it does not fit.
        var exponent: Int? = 0
    }

    static func parts(_ text: UnsafeBufferPointer<UInt8>) -> Parts {
        var parts = Parts()
        var fractionDigits = 0
        var inFraction = false
        var index = 0
        scan: while index < text.count {
            switch text[index] {
            case UInt8(ascii: "-"): parts.isNegative = true
            case UInt8(ascii: "."): inFraction = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"): break scan
            default:
                parts.digits.append(text[index])
                fractionDigits += inFraction ? 1 : 0
            }
            index += 1
        }
        let spelled = exponent(UnsafeBufferPointer(rebasing: text[min(index + 1, text.count)...]))
        trimZeros(&parts, exponent: spelled, fractionDigits: fractionDigits)
        return parts
    }

    /// The exponent after the letter `e`: 0 if there is none, nil if it does not fit.
    private static func exponent(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
        guard let first = text.first else { return 0 }
        let isNegative = first == UInt8(ascii: "-")
        let isSigned = isNegative || first == UInt8(ascii: "+")
        // Half of the range, so that trailing zeros and fraction digits cannot cause an overflow.
        guard let size = int(digits: text[(isSigned ? 1 : 0)...]), size < Int.max / 2 else { return nil }
        return isNegative ? -size : size
    }

    private static func int(digits: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
        var value = 0
        for digit in digits {
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Int(digit - UInt8(ascii: "0")))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value
    }

    private static func trimZeros(_ parts: inout Parts, exponent: Int?, fractionDigits: Int) {
        let zero = UInt8(ascii: "0")
        let kept = parts.digits.reversed().drop { $0 == zero }.count
        let trailing = parts.digits.count - kept
        parts.digits.removeLast(trailing)
        parts.digits.removeFirst(parts.digits.prefix { $0 == zero }.count)
        if parts.digits.isEmpty {
            // All zeros are equal: -0, 0.00 and 0e9.
            parts = Parts()
        } else {
            parts.exponent = exponent.map { $0 - fractionDigits + trailing }
        }
    }

    /// The number as a 64-bit integer; nil if it is not exactly one.
    static func int(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        if let plain = plainInt(text) { return plain }
        let parts = parts(text)
        guard let exponent = parts.exponent, (0...18).contains(exponent), parts.digits.count <= 19 else {
            return nil
        }
        var value: Int64 = 0
        for digit in parts.digits + Array(repeating: UInt8(ascii: "0"), count: exponent) {
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            // Counts downwards, because the smallest integer has no positive counterpart.
            let (sum, carry) = tens.subtractingReportingOverflow(Int64(digit - UInt8(ascii: "0")))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        if parts.isNegative { return value }
        let (positive, overflow) = Int64(0).subtractingReportingOverflow(value)
        return overflow ? nil : positive
    }

    /// The fast path for an integer of up to 18 digits, without fraction and exponent.
    private static func plainInt(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        let isNegative = text.first == UInt8(ascii: "-")
        guard text.count <= (isNegative ? 19 : 18) else { return nil }
        var value: Int64 = 0
        for byte in text[(isNegative ? 1 : 0)...] {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return isNegative ? -value : value
    }
}
