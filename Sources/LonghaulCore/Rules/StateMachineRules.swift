/// The rules of names and tags of state machines, which are AWS's.
public enum StateMachineRules {
    /// Characters of the name of a machine, an activity or an execution.
    public static let nameLength = 1...80
    /// Characters of the number of a version, or the name of an alias.
    public static let qualifierLength = 1...80
    /// The tags of a machine.
    public static let tags = 0...50
    /// Characters of a tag's key.
    public static let tagKeyLength = 1...128
    /// Characters of a tag's value.
    public static let tagValueLength = 0...256

    /// Whether a machine, an activity or an execution can have this name.
    public static func isName(_ name: String) -> Bool {
        TextRule.isPlain(name, nameLength)
            && name.unicodeScalars.allSatisfy { scalar in
                !forbidden.contains(scalar) && !scalar.properties.isWhitespace && !isControl(scalar)
            }
    }

    /// Whether a machine can have this tag. Keys that begin with `aws:` are reserved.
    public static func isTag(_ key: String, _ value: String) -> Bool {
        isTagText(key, tagKeyLength) && isTagText(value, tagValueLength)
            && !key.lowercased().hasPrefix("aws:")
    }

    private static let forbidden = Set("<>{}[]?*\"#%\\^|~`$&,;:/".unicodeScalars)

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x1F, 0x7F...0x9F, 0xFFFE...0xFFFF, 0x10FFFF: true
        default: false
        }
    }

    private static func isTagText(_ text: String, _ lengths: ClosedRange<Int>) -> Bool {
        TextRule.isPlain(text, lengths)
            && text.unicodeScalars.allSatisfy { scalar in
                let properties = scalar.properties
                return properties.isAlphabetic || properties.numericType != nil || properties.isWhitespace
                    || "_.:/=+-@".unicodeScalars.contains(scalar)
            }
    }
}
