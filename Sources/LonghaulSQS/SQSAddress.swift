import Foundation
public import LonghaulCore

/// The queues of SQS that carry IDs, and how they are reached:
/// `sqs://[?region=REGION&endpoint=URL&profile=NAME&prefix=NAME&create=false&tags=NAME:VALUE,…]`. Credentials are never part
/// of it.
public struct SQSAddress: Sendable, Hashable {
    /// The region; nil for that of the environment or the profile.
    var region: String?
    /// The endpoint of a server that is not AWS.
    var endpoint: String?
    /// The profile of the shared files of AWS; nil for that of the environment.
    var profile: String?
    /// The prefix of the names of all queues.
    var prefix = "longhaul"
    /// Whether missing queues are created.
    var creates = true
    /// The tags of queues that are created, besides those that name their content.
    var tags: [String: String] = [:]

    /// A name of SQS has 80 characters. The prefix leaves room for the queue and the band.
    static let maxPrefixBytes = 40
    /// SQS allows 50 tags.
    static let maxTags = 40

    /// Parses a URL.
    ///
    /// - Throws: `invalid_request` naming the part that is wrong.
    public init(_ url: String) throws(LonghaulError) {
        guard url.hasPrefix("sqs://") else { throw Self.fault("expected sqs://?region=NAME") }
        let rest = url.dropFirst(6)
        guard rest.isEmpty || rest.hasPrefix("?") else {
            throw Self.fault(
                "expected ? after sqs://; use endpoint=URL for a host, and put keys into the environment or a profile"
            )
        }
        var seen: Set<String> = []
        guard !rest.isEmpty else { return }
        for item in rest.dropFirst().split(separator: "&", omittingEmptySubsequences: false) {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            let value = parts.count == 2 ? String(parts[1]).removingPercentEncoding ?? "" : ""
            guard !value.isEmpty, seen.insert(name).inserted else {
                throw Self.fault("expected NAME=VALUE after the ?, each name once")
            }
            try set(name, value)
        }
    }

    private mutating func set(_ name: String, _ value: String) throws(LonghaulError) {
        switch name {
        case "region":
            guard value.utf8.count <= 64, value.utf8.allSatisfy(SQSNames.isAllowed) else {
                throw Self.fault("region must be the name of a region, such as us-east-1")
            }
            region = value
        case "endpoint": endpoint = value
        case "profile": profile = value
        case "prefix":
            guard value.utf8.count <= Self.maxPrefixBytes, value.utf8.allSatisfy(SQSNames.isAllowed) else {
                throw Self.fault(
                    "prefix must have at most \(Self.maxPrefixBytes) letters, digits, underscores and hyphens"
                )
            }
            prefix = value
        case "create":
            guard value == "true" || value == "false" else {
                throw Self.fault("create must be true or false")
            }
            creates = value == "true"
        case "tags": tags = try Self.tags(value)
        default:
            throw Self.fault(
                "unknown option \"\(name.prefix(40))\"; expected region, endpoint, profile, prefix, create or tags"
            )
        }
    }

    private static func tags(_ text: String) throws(LonghaulError) -> [String: String] {
        var tags: [String: String] = [:]
        for (place, item) in text.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
            let parts = item.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, (1...128).contains(parts[0].unicodeScalars.count),
                parts[1].unicodeScalars.count <= 256, tags[String(parts[0])] == nil
            else {
                throw fault(
                    "tag \(place + 1) must be NAME:VALUE, with at most 128 and 256 characters and another name than the others"
                )
            }
            tags[String(parts[0])] = String(parts[1])
        }
        guard tags.count <= maxTags else { throw fault("at most \(maxTags) tags are allowed") }
        return tags
    }

    private static func fault(_ message: String) -> LonghaulError {
        LonghaulError(.invalidRequest, "the address of SQS is invalid: " + message)
    }
}
