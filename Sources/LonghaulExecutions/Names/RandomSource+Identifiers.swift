internal import LonghaulCore

extension RandomSource {
    /// A UUID of version 4.
    func uuid() -> String {
        let digits =
            hexadecimal(next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000)
            + hexadecimal(next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
        var text = ""
        for (offset, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(offset) { text.append("-") }
            text.append(digit)
        }
        return text
    }

    /// 32 hexadecimal digits.
    func identifier() -> String {
        hexadecimal(next()) + hexadecimal(next())
    }
}

/// 16 hexadecimal digits.
private func hexadecimal(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
