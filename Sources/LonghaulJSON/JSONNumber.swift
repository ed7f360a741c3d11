/// A JSON number, compared by its exact decimal value in any size and spelling.
public struct JSONNumber: Sendable, Hashable {
    /// The canonical spelling of equal numbers: integers of up to 21 digits without exponent, others as an integer and
    /// an exponent (`15e-1`).
    public let text: JSONText

    /// The maximum number of digits of an integer without an exponent.
    private static let plainDigits = 21

    init(_ node: JSONNode) {
        text = node.storage.bytes.withUnsafeBufferPointer { buffer in
            JSONNumber.canonical(UnsafeBufferPointer(rebasing: buffer[node.range]))
        }
    }

    private static func canonical(_ spelled: UnsafeBufferPointer<UInt8>) -> JSONText {
        let parts = NumberText.parts(spelled)
        guard !parts.digits.isEmpty else { return JSONText(validated: Array("0".utf8)) }
        // An exponent beyond 62 bits is compared by its spelling.
        guard let exponent = parts.exponent else { return JSONText(validated: Array(spelled)) }
        var bytes: [UInt8] = parts.isNegative ? [UInt8(ascii: "-")] : []
        bytes += parts.digits
        if exponent >= 0, exponent <= plainDigits - parts.digits.count {
            bytes += repeatElement(UInt8(ascii: "0"), count: exponent)
        } else if exponent != 0 {
            bytes += "e\(exponent)".utf8
        }
        return JSONText(validated: bytes)
    }
}
