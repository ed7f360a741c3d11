import CMicroHTTPD
import LonghaulPlatform

/// Checks every byte of a request's head in the memory of libmicrohttpd.
///
/// The library accepts more than HTTP allows: white space before a colon, folded lines, bare CR and LF, NUL. A proxy may
/// interpret such a head differently, which allows request smuggling. The library parses in place: it overwrites the
/// byte after a name, a value or a line with NUL and lists the texts in between. So the head is well-formed if method,
/// target, version and fields, each with its separators, cover it without a gap.
struct RawHead {
    /// The parts of a request line in the memory of libmicrohttpd.
    struct Line {
        let method: UnsafePointer<CChar>
        let target: UnsafePointer<CChar>
        let version: UnsafePointer<CChar>
        /// The length of the encoded target.
        let targetCount: Int
    }

    /// Whether this version of the library parses in place. Later versions are strict.
    static let parsesInPlace = String(cString: MHD_get_version()).hasPrefix("0.9.")

    private let bytes: UnsafeBufferPointer<UInt8>
    /// The next unchecked byte; nil after an error.
    private var position: Int?

    /// Creates a check of a head that begins with a method. The size includes the last empty line.
    init(_ line: Line, size: Int) {
        let start = UnsafeRawPointer(line.method)
        bytes = UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: size)
        let method = strlen(line.method)
        let target = UnsafeRawPointer(line.target) - start
        let version = UnsafeRawPointer(line.version) - start
        guard method > 0, Self.isToken(bytes.prefix(method)), target == method + 1,
            version == target + line.targetCount + 1
        else { return }
        position = afterLineEnd(version + strlen(line.version))
    }

    /// Checks a field. After an error, further calls do nothing.
    mutating func addField(
        _ name: UnsafePointer<CChar>?, _ nameCount: Int, _ value: UnsafePointer<CChar>?, _ valueCount: Int
    ) {
        guard let at = position else { return }
        position = nil
        guard let name, let value, let base = bytes.baseAddress, nameCount > 0 else { return }
        let start = UnsafeRawPointer(name) - UnsafeRawPointer(base)
        let valueStart = UnsafeRawPointer(value) - UnsafeRawPointer(base)
        guard start == at, valueStart > start + nameCount, valueStart + valueCount <= bytes.count,
            Self.isToken(bytes[start..<start + nameCount]), bytes[start + nameCount] == 0,
            bytes[start + nameCount + 1..<valueStart].allSatisfy({ $0 == 0x20 || $0 == 0x09 }),
            bytes[valueStart..<valueStart + valueCount].allSatisfy(Self.isFieldByte)
        else { return }
        position = afterLineEnd(valueStart + valueCount)
    }

    /// Whether the whole head is well-formed.
    var isWhole: Bool {
        guard let position else { return false }
        return afterLineEnd(position) == bytes.count
    }

    /// The position after a CR LF, which the library has overwritten; nil if there is none.
    private func afterLineEnd(_ place: Int) -> Int? {
        guard place + 2 <= bytes.count, bytes[place] == 0, bytes[place + 1] == 0 else { return nil }
        return place + 2
    }

    /// Whether bytes are visible characters, spaces, tabs or not ASCII.
    private static func isFieldByte(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != 0x7F || byte == 0x09
    }

    /// Whether bytes are a token of RFC 9110.
    static func isToken(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        bytes.allSatisfy { byte in
            switch byte {
            // Digits, letters, and !#$%&'*+-.^_`|~
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E,
                0x5E...0x60,
                0x7C, 0x7E:
                true
            default: false
            }
        }
    }
}
