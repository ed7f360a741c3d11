internal import LonghaulCore

/// The rules of names, which are AWS's.
enum NameRule {
    /// Checks the name of a machine, an activity or an execution.
    ///
    /// - Throws: `InvalidName`.
    static func check(_ name: String) throws(ServiceError) {
        guard StateMachineRules.isName(name) else { throw .invalidName(String(name.prefix(256))) }
    }

    /// Checks the name of an alias: letters, digits, `_`, `-` and `.`, not digits alone.
    ///
    /// - Throws: `ValidationException`.
    static func check(alias name: String) throws(ServiceError) {
        guard StateMachineRules.qualifierLength.contains(name.utf8.count),
            name.utf8.allSatisfy(isAliasCharacter),
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
