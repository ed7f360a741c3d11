/// The place of a value inside a document (RFC 6901): `/labels/gpu`, `/jobs/3/kind`.
public struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
    /// The pointer's text; empty for the whole document.
    public let description: String

    init(rendered: String) {
        description = rendered
    }

    /// The whole document.
    public static let root = JSONPointer(rendered: "")

    /// The pointer to a member of the object at this place.
    public func appending(_ key: String) -> JSONPointer {
        JSONPointer(rendered: description + "/" + JSONPointer.escaped(key))
    }

    /// The pointer to an element of the array at this place, counted from 0.
    public func appending(_ index: Int) -> JSONPointer {
        JSONPointer(rendered: "\(description)/\(index)")
    }

    /// The last key or index, unescaped; nil for the root.
    public var lastStep: String? {
        guard let slash = description.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        var step: [UInt8] = []
        var rest = description.utf8[slash...].dropFirst()
        while let byte = rest.popFirst() {
            let escape = byte == UInt8(ascii: "~") ? rest.popFirst() : nil
            switch escape {
            case UInt8(ascii: "0"): step.append(UInt8(ascii: "~"))
            case UInt8(ascii: "1"): step.append(UInt8(ascii: "/"))
            default: step.append(byte)
            }
        }
        return String(decoding: step, as: UTF8.self)
    }

    private static func escaped(_ key: String) -> String {
        guard key.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else {
            return key
        }
        var result: [UInt8] = []
        for byte in key.utf8 {
            switch byte {
            case UInt8(ascii: "~"): result += "~0".utf8
            case UInt8(ascii: "/"): result += "~1".utf8
            default: result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
