/// The text of an API key: `lh_<environment>_<id>_<secret>`.
///
/// - The prefix and the environment make the key recognizable for secret scanners and people.
/// - `id` has 16 hexadecimal digits. It is public.
/// - `secret` has 43 random characters of 62, which are 256 bits, and a checksum: the CRC-32 of all that is before it, in
///   6 characters. The checksum detects a key that was copied incompletely without a look at the store.
public struct APIKeyText: Sendable, Hashable {
    /// The whole key.
    public let text: String
    /// The public identifier.
    public let id: String
    /// The environment, such as `live`.
    public let environment: String

    private static let prefix = "lh"
    private static let idLength = 16
    private static let randomLength = 43
    private static let checksumLength = 6
    /// The default environment.
    public static let defaultEnvironment = "live"

    /// A new key.
    public init(environment: String = defaultEnvironment, random: any RandomSource = SystemRandom()) {
        let digits = String(random.next(), radix: 16)
        id = String(repeating: "0", count: Self.idLength - digits.count) + digits
        self.environment = environment
        var bytes = Array("\(Self.prefix)_\(environment)_\(id)_".utf8)
        bytes += Self.randomCharacters(random)
        bytes += Self.checksum(of: bytes)
        text = String(decoding: bytes, as: UTF8.self)
    }

    /// Parses a key. Nil if the form or the checksum is wrong.
    public init?(_ text: String) {
        guard text.utf8.count <= 128 else { return nil }
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == Self.prefix, Self.isEnvironment(String(parts[1])),
            Self.isID(String(parts[2])), parts[3].utf8.count == Self.randomLength + Self.checksumLength
        else { return nil }
        let bytes = Array(text.utf8)
        let split = bytes.count - Self.checksumLength
        guard Self.checksum(of: Array(bytes[..<split])) == Array(bytes[split...]) else { return nil }
        self.text = text
        id = String(parts[2])
        environment = String(parts[1])
    }

    /// Restores a key from ``withoutChecksum``. Nil if the form is wrong.
    public init?(withoutChecksum text: String) {
        let bytes = Array("\(Self.prefix)_\(text)".utf8)
        self.init(String(decoding: bytes + Self.checksum(of: bytes), as: UTF8.self))
    }

    /// The environment, the identifier and the random characters: all of the key that cannot be computed.
    public var withoutChecksum: String {
        String(text.dropFirst(Self.prefix.utf8.count + 1).dropLast(Self.checksumLength))
    }

    /// The SHA-256 of the key, which is stored in its place.
    public var digest: [UInt8] { SHA256.digest(Array(text.utf8)) }

    /// Whether the key has this digest. The time does not depend on the position of the first difference.
    public func matches(_ digest: [UInt8]) -> Bool { ConstantTime.equal(self.digest, digest) }

    /// Whether the text is an environment: 1 to 16 lower-case letters and digits.
    public static func isEnvironment(_ text: String) -> Bool {
        (1...16).contains(text.utf8.count)
            && text.utf8.allSatisfy { (48...57).contains($0) || (97...122).contains($0) }
    }

    static let environmentForm = "must be 1 to 16 characters of a-z 0-9"

    /// Whether the text is the identifier of a key.
    public static func isID(_ text: String) -> Bool {
        text.utf8.count == idLength
            && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    // MARK: Characters

    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    private static func randomCharacters(_ random: any RandomSource) -> [UInt8] {
        var characters: [UInt8] = []
        let limit = 256 / alphabet.count * alphabet.count
        while characters.count < randomLength {
            let bytes = withUnsafeBytes(of: random.next()) { Array($0) }
            // Bytes from the limit on would make some characters more likely.
            for byte in bytes where Int(byte) < limit && characters.count < randomLength {
                characters.append(alphabet[Int(byte) % alphabet.count])
            }
        }
        return characters
    }

    private static func checksum(of bytes: [UInt8]) -> [UInt8] {
        var rest = CRC32.checksum(bytes)
        var digits: [UInt8] = []
        for _ in 0..<checksumLength {
            digits.append(alphabet[Int(rest % 62)])
            rest /= 62
        }
        return digits.reversed()
    }
}
