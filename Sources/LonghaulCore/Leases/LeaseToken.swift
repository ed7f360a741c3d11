/// The right of one attempt to its job.
///
/// A token names its job, so that looking it up needs no index of its own; the fence tells one lease of the
/// job from every other, and the secret keeps a token from being guessed.
public struct LeaseToken: Sendable, Hashable {
    /// The leased job.
    public let jobID: JobID
    /// Which lease of the job it is: a number that rises with every claim and is never used again.
    public let fence: Int
    /// Sixty-four random bits.
    public let secret: UInt64

    /// The token of this lease.
    public init(jobID: JobID, fence: Int, secret: UInt64) {
        self.jobID = jobID
        self.fence = fence
        self.secret = secret
    }
}

extension LeaseToken: LosslessStringConvertible {
    /// 64 hexadecimal digits: the job's sixteen bytes, then fence and secret of eight each.
    public var description: String {
        String(unsafeUninitializedCapacity: 64) { buffer in
            var position = 0
            for word in [jobID.high, jobID.low, UInt64(bitPattern: Int64(fence)), secret] {
                for shift in stride(from: UInt64(60), through: 0, by: -4) {
                    buffer[position] = JobID.digit(UInt8(word >> shift & 15))
                    position += 1
                }
            }
            return 64
        }
    }

    /// The tokens in a text that is not JSON: the quoted strings after a key `token`.
    static func all(in bytes: [UInt8]) -> [LeaseToken] {
        let key = Array("\"token\":\"".utf8)
        var tokens: [LeaseToken] = []
        var start = 0
        while start + key.count + 64 <= bytes.count {
            guard bytes[start...].starts(with: key) else {
                start += 1
                continue
            }
            let end = start + key.count + 64
            let text = String(decoding: bytes[(start + key.count)..<end], as: UTF8.self)
            if let token = LeaseToken(text) { tokens.append(token) }
            start = end
        }
        return tokens
    }

    /// Reads the text form. Nil if the text is anything else.
    public init?(_ text: String) {
        guard text.utf8.count == 64 else { return nil }
        var words: [UInt64] = [0, 0, 0, 0]
        for (index, byte) in text.utf8.enumerated() {
            guard let value = JobID.value(ofDigit: byte) else { return nil }
            words[index / 16] = words[index / 16] << 4 | value
        }
        guard words[2] <= UInt64(Int.max) else { return nil }
        self.init(
            jobID: JobID(high: words[0], low: words[1]), fence: Int(words[2]), secret: words[3])
    }
}
