import LonghaulExecutions

/// State machines.
extension Options {
    static let awsAccount = Option.value(
        "aws-account", "DIGITS", .account, default: ExecutionSettings().account, setting: true,
        "The account in the ARNs of state machines: 12 digits.")
    static let awsRegion = Option.value(
        "aws-region", "REGION", .region, default: ExecutionSettings().region, setting: true,
        "The region in the ARNs of state machines. Requests may be signed for any region.")
}

extension ValueReader where Value == String {
    /// The number of an AWS account.
    static let account = ValueReader(shape: .text) { text throws(BadValue) in
        guard text.utf8.count == 12, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw BadValue(expected: "12 digits", got: text)
        }
        return text
    }

    /// The name of an AWS region.
    static let region = ValueReader(shape: .text) { text throws(BadValue) in
        let isName = text.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
        }
        guard (1...32).contains(text.utf8.count), isName else {
            throw BadValue(expected: "1 to 32 characters of a-z 0-9 and -, such as us-east-1", got: text)
        }
        return text
    }
}
