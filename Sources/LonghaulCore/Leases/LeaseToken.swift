/// Proves that an attempt holds the lease of its job.
///
/// A token contains the ID of its job, so a lookup needs no extra index. The fence distinguishes the leases of a job.
/// The secret prevents guessing.
public struct LeaseToken: Sendable, Hashable {
    /// The leased job.
    public let jobID: JobID
    /// The number of the job's lease. It increases with every claim and is never used again.
    public let fence: Int
    /// 64 random bits.
    public let secret: UInt64

    /// The token of this lease.
    public init(jobID: JobID, fence: Int, secret: UInt64) {
        self.jobID = jobID
        self.fence = fence
        self.secret = secret
    }
}

extension LeaseToken: LosslessStringConvertible {
    /// 64 hexadecimal digits: the sixteen bytes of the job ID, then fence and secret with eight bytes each.
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

    /// The tokens in a text that is not valid JSON: the quoted strings after a key `token`.
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

    /// Parses the text form. Nil for any other text.
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
