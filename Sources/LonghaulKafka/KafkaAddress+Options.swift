import Foundation
import LonghaulCore

/// The options after the `?` of the address.
extension KafkaAddress {
    mutating func read(query: Substring) throws(LonghaulError) {
        var seen: Set<Substring> = []
        for item in query.split(separator: "&", omittingEmptySubsequences: false) {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let value = String(parts[1]).removingPercentEncoding, !value.isEmpty
            else {
                throw Self.fault(
                    "expected NAME=VALUE after the ? of the address of Kafka; write ? in a password as %3F")
            }
            guard seen.insert(parts[0]).inserted else {
                throw Self.fault("the address of Kafka has the option \(parts[0].prefix(20)) twice")
            }
            try read(option: parts[0], value)
        }
    }

    private mutating func read(option: Substring, _ value: String) throws(LonghaulError) {
        switch option {
        case "group": group = try Self.name(value, of: "group")
        case "prefix": prefix = try Self.topicPrefix(value)
        case "instance": instance = try Self.name(value, of: "instance")
        case "partitions": partitions = try Self.number(value, of: "partitions", in: 1...1000)
        case "replicas": replicas = try Self.number(value, of: "replicas", in: 1...100)
        case "session": sessionSeconds = try Self.number(value, of: "session", in: 6...300)
        case "mechanism":
            guard let found = Mechanism(rawValue: value.uppercased()) else {
                let names = Mechanism.allCases.map(\.rawValue).joined(separator: ", ")
                throw Self.fault("mechanism in the address of Kafka must be one of \(names)")
            }
            mechanism = found
        case "ca" where isSecure: authorities = value
        case "cert" where isSecure: certificate = value
        case "key" where isSecure: key = value
        case "ca", "cert", "key":
            throw Self.fault("\(option) in the address of Kafka requires kafkas://")
        default:
            throw Self.fault(
                "the address of Kafka accepts the options group, prefix, instance, partitions, replicas, session, "
                    + "mechanism and, with kafkas://, ca, cert and key")
        }
    }

    private static func number(
        _ text: String, of option: String, in range: ClosedRange<Int>
    ) throws(LonghaulError) -> Int {
        guard let number = Int(text), range.contains(number) else {
            throw fault(
                "\(option) in the address of Kafka must be a number from \(range.lowerBound) to "
                    + "\(range.upperBound)")
        }
        return number
    }

    private static func name(_ text: String, of option: String) throws(LonghaulError) -> String {
        guard text.utf8.count <= 200, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw fault(
                "\(option) in the address of Kafka must have at most 200 ASCII characters, and no space")
        }
        return text
    }

    private static func topicPrefix(_ text: String) throws(LonghaulError) -> String {
        guard text.utf8.count <= 100, text.utf8.allSatisfy(KafkaTopics.isAllowed) else {
            throw fault(
                "prefix in the address of Kafka must have at most 100 letters, digits, dots, underscores and hyphens"
            )
        }
        return text
    }
}
