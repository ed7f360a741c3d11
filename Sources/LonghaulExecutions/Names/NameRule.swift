internal import LonghaulCore

/// The rules of names, which are AWS's.
enum NameRule {
    /// Maximum number of characters of a name.
    static let maxCharacters = 80

    /// Checks the name of a machine, an activity or an execution.
    ///
    /// - Throws: `InvalidName`.
    static func check(_ name: String) throws(ServiceError) {
        guard isValid(name) else { throw .invalidName(String(name.prefix(256))) }
    }

    private static func isValid(_ name: String) -> Bool {
        TextRule.isPlain(name, 1...maxCharacters)
            && name.unicodeScalars.allSatisfy { scalar in
                !forbidden.contains(scalar) && !scalar.properties.isWhitespace && !isControl(scalar)
            }
    }

    private static let forbidden = Set("<>{}[]?*\"#%\\^|~`$&,;:/".unicodeScalars)

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x1F, 0x7F...0x9F, 0xFFFE...0xFFFF, 0x10FFFF: true
        default: false
        }
    }

    /// Checks the name of an alias: letters, digits, `_`, `-` and `.`, not digits alone.
    ///
    /// - Throws: `ValidationException`.
    static func check(alias name: String) throws(ServiceError) {
        guard (1...maxCharacters).contains(name.utf8.count), name.utf8.allSatisfy(isAliasCharacter),
            !name.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else {
            throw .invalid(
                "1 validation error detected: Value '\(name.prefix(256))' at 'name' failed to satisfy constraint: "
                    + #"Member must satisfy regular expression pattern: ^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$"#
            )
        }
    }

    private static func isAliasCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
