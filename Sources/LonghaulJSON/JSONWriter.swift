/// Writes JSON into a byte array, including commas and escapes.
///
/// ```swift
/// var writer = JSONWriter()
/// writer.object { writer in
///     writer.field("id", id)
///     writer.array("labels") { writer in labels.forEach { writer.element($0) } }
/// }
/// ```
public struct JSONWriter: Sendable {
    /// The written bytes.
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// An empty writer.
    ///
    /// - Parameter capacity: The number of bytes to reserve.
    public init(capacity: Int = 256) {
        bytes.reserveCapacity(capacity)
    }

    /// The bytes as one JSON value. Call it after one complete value was written.
    public var text: JSONText { JSONText(validated: bytes) }

    /// Appends an object; `body` writes its fields.
    public mutating func object<E: Error>(_ body: (inout JSONWriter) throws(E) -> Void) throws(E) {
        try container(open: UInt8(ascii: "{"), close: UInt8(ascii: "}"), body)
    }

    /// Appends an array; `body` writes its elements.
    public mutating func array<E: Error>(_ body: (inout JSONWriter) throws(E) -> Void) throws(E) {
        try container(open: UInt8(ascii: "["), close: UInt8(ascii: "]"), body)
    }

    /// Appends a field that is an object; `body` writes its fields.
    public mutating func object<E: Error>(
        _ name: String, _ body: (inout JSONWriter) throws(E) -> Void
    ) throws(E) {
        key(name)
        try object(body)
    }

    /// Appends a field that is an array; `body` writes its elements.
    public mutating func array<E: Error>(
        _ name: String, _ body: (inout JSONWriter) throws(E) -> Void
    ) throws(E) {
        key(name)
        try array(body)
    }

    private mutating func container<E: Error>(
        open: UInt8, close: UInt8, _ body: (inout JSONWriter) throws(E) -> Void
    ) throws(E) {
        separate()
        bytes.append(open)
        needsComma = false
        try body(&self)
        bytes.append(close)
        needsComma = true
    }

    /// Appends the name of a field. Its value must follow.
    public mutating func key(_ name: String) {
        append(string: name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Appends a field. A nil value is written as `null`.
    @inlinable
    public mutating func field(_ name: String, _ value: some JSONWritable) {
        key(name)
        value.write(to: &self)
    }

    /// Appends a field that is `null`.
    public mutating func null(_ name: String) {
        key(name)
        null()
    }

    /// Appends an element of an array, the value of a key, or the whole document.
    @inlinable
    public mutating func element(_ value: some JSONWritable) {
        value.write(to: &self)
    }

    /// Appends `null` as an element.
    public mutating func null() {
        append(token: "null")
    }

    /// Appends a value in its original spelling.
    public mutating func raw(_ text: JSONText) {
        separate()
        bytes.append(contentsOf: text.bytes)
        needsComma = true
    }

    /// A position in the output, for ``rewind(to:)``.
    public struct Mark: Sendable {
        fileprivate let count: Int
        fileprivate let needsComma: Bool
    }

    /// The current end of the output.
    public var mark: Mark { Mark(count: bytes.count, needsComma: needsComma) }

    /// Removes the output after a mark. The mark must be in the current container.
    public mutating func rewind(to mark: Mark) {
        bytes.removeSubrange(mark.count...)
        needsComma = mark.needsComma
    }

    mutating func append(token: StaticString) {
        separate()
        bytes.append(contentsOf: UnsafeBufferPointer(start: token.utf8Start, count: token.utf8CodeUnitCount))
        needsComma = true
    }

    mutating func append(integer value: Int64) {
        separate()
        appendDigits(of: value)
        needsComma = true
    }

    mutating func append(double value: Double) {
        guard value.isFinite else { return null() }
        // Every integer up to 2^53 is exact as a double, and faster to write as an integer.
        let isSmall = value.magnitude <= 9_007_199_254_740_992
        let isPlainZero = value != 0 || value.sign == .plus
        if isSmall, isPlainZero, Double(Int64(value)) == value {
            return append(integer: Int64(value))
        }
        separate()
        let shortest = value.description
        bytes.append(contentsOf: shortest.hasSuffix(".0") ? shortest.utf8.dropLast(2) : shortest.utf8[...])
        needsComma = true
    }

    mutating func append(string: String) {
        separate()
        JSONString.append(string, to: &bytes)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma {
            bytes.append(UInt8(ascii: ","))
        }
    }

    private mutating func appendDigits(of value: Int64) {
        let start = bytes.count
        var rest = value.magnitude
        repeat {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            bytes.append(UInt8(ascii: "0") + UInt8(digit))
            rest = quotient
        } while rest > 0
        if value < 0 {
            bytes.append(UInt8(ascii: "-"))
        }
        bytes[start...].reverse()
    }
}
