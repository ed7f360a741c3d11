import Foundation
import LonghaulAWS
public import LonghaulCore

/// The bucket of an artifact store, and how it is used.
///
/// `s3://BUCKET[/PREFIX][?region=REGION&endpoint=URL&style=path&profile=NAME&downloads=proxy&url_seconds=300&sse=AES256`
/// `&kms_key=ID&storage_class=STANDARD_IA]`. Credentials are never part of it.
public struct S3Address: Sendable, Hashable {
    /// How the URL of an object names the bucket.
    public enum Style: String, Sendable, Hashable, CaseIterable {
        /// In the path: `https://HOST/BUCKET/KEY`.
        case path
        /// In the host: `https://BUCKET.HOST/KEY`.
        case virtual
    }

    /// How callers get files.
    public enum Downloads: String, Sendable, Hashable, CaseIterable {
        /// The server redirects them to a presigned URL of the bucket.
        case redirect
        /// The server reads the bytes and passes them on.
        case proxy
    }

    /// The name of the bucket.
    public var bucket: String
    /// The beginning of all keys, without slashes at its ends; empty for none.
    public var prefix = ""
    /// The region; nil for that of the environment or the profile.
    public var region: String?
    /// The endpoint of a server that is not AWS.
    public var endpoint: String?
    /// The style of URLs; nil to choose it by the bucket and the endpoint.
    public var style: Style?
    /// The profile of the shared files of AWS; nil for that of the environment.
    public var profile: String?
    /// How callers get files.
    public var downloads = Downloads.redirect
    /// How long a presigned URL is valid, in seconds.
    public var urlSeconds = 300
    /// The server-side encryption of new objects: `AES256`, `aws:kms` or `aws:kms:dsse`; nil for that of the bucket.
    public var encryption: String?
    /// The key of `aws:kms`; nil for that of the bucket.
    public var encryptionKey: String?
    /// The storage class of new objects; nil for `STANDARD`.
    public var storageClass: String?

    /// The keys of objects have 1,024 bytes. The prefix leaves room for the job, the fence and the longest name.
    static let maxPrefixBytes = 350
    static let encryptions = ["AES256", "aws:kms", "aws:kms:dsse"]
    static let storageClasses = [
        "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR",
    ]

    /// The bucket with this name, without a prefix.
    public init(bucket: String) {
        self.bucket = bucket
    }

    /// Parses a URL.
    ///
    /// - Throws: `invalid_request` naming the part that is wrong.
    public init(_ url: String) throws(LonghaulError) {
        guard url.hasPrefix("s3://") else { throw .invalidAddress("expected s3://BUCKET/PREFIX") }
        let rest = url.dropFirst(5)
        let place = rest.prefix { $0 != "?" }
        let parts = place.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        bucket = String(parts[0])
        guard Self.isBucketName(bucket) else {
            throw .invalidAddress(
                "a bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens; put keys into the environment "
                    + "or a profile, not into the URL")
        }
        if parts.count == 2 { prefix = try Self.prefix(String(parts[1])) }
        if place.count < rest.count { try read(query: rest.dropFirst(place.count + 1)) }
        guard encryptionKey == nil || encryption?.hasPrefix("aws:kms") == true else {
            throw .invalidAddress("kms_key needs sse=aws:kms or sse=aws:kms:dsse")
        }
    }

    private static func isBucketName(_ name: String) -> Bool {
        func isAlphanumeric(_ byte: UInt8?) -> Bool {
            byte.map { (48...57).contains($0) || (97...122).contains($0) } ?? false
        }
        return (3...63).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
            }
            && isAlphanumeric(name.utf8.first) && isAlphanumeric(name.utf8.last) && !name.contains("..")
    }

    private static func prefix(_ text: String) throws(LonghaulError) -> String {
        var text = text.removingPercentEncoding ?? text
        if text.hasSuffix("/") { text.removeLast() }
        if text.isEmpty { return text }
        let segments = text.split(separator: "/", omittingEmptySubsequences: false)
        guard text.utf8.count <= maxPrefixBytes, segments.allSatisfy({ !["", ".", ".."].contains($0) }),
            text.utf8.allSatisfy(S3Keys.isSafePrefixByte)
        else {
            throw .invalidAddress(
                "the prefix has at most \(maxPrefixBytes) letters, digits and !-_.*'() in segments that are not empty, . or .."
            )
        }
        return text
    }

    private mutating func read(query: Substring) throws(LonghaulError) {
        var seen: Set<String> = []
        for item in query.split(separator: "&", omittingEmptySubsequences: false) {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            let value = parts.count == 2 ? String(parts[1]).removingPercentEncoding ?? "" : ""
            guard !value.isEmpty, seen.insert(name).inserted else {
                throw .invalidAddress("expected NAME=VALUE after the ?, each name once")
            }
            try set(name, value)
        }
    }

    private mutating func set(_ name: String, _ value: String) throws(LonghaulError) {
        switch name {
        case "region":
            guard value.utf8.allSatisfy({ S3Keys.isPlain($0) }), value.utf8.count <= 64 else {
                throw .invalidAddress("region must be the name of a region, such as us-east-1")
            }
            region = value
        case "endpoint": endpoint = value
        case "profile": profile = value
        case "style":
            style = try Self.choice(name, value, Style.allCases.map(\.rawValue)) { Style(rawValue: $0) }
        case "downloads":
            downloads = try Self.choice(name, value, Downloads.allCases.map(\.rawValue)) {
                Downloads(rawValue: $0)
            }
        case "url_seconds":
            guard let seconds = Int(value), (1...604_800).contains(seconds) else {
                throw .invalidAddress("url_seconds must be a whole number from 1 to 604800")
            }
            urlSeconds = seconds
        case "sse": encryption = try Self.choice(name, value, Self.encryptions) { $0 }
        case "kms_key":
            guard value.utf8.allSatisfy({ (33...126).contains($0) }) else {
                throw .invalidAddress("kms_key must be the ID, the ARN or the alias of a key")
            }
            encryptionKey = value
        case "storage_class": storageClass = try Self.choice(name, value, Self.storageClasses) { $0 }
        default:
            throw .invalidAddress(
                "unknown option \"\(name.prefix(40))\"; expected region, endpoint, style, profile, downloads, url_seconds, "
                    + "sse, kms_key or storage_class")
        }
    }

    private static func choice<Value>(
        _ name: String, _ text: String, _ known: [String], _ make: (String) -> Value?
    ) throws(LonghaulError) -> Value {
        guard known.contains(text), let value = make(text) else {
            throw .invalidAddress("\(name) must be one of \(known.joined(separator: ", "))")
        }
        return value
    }
}

extension LonghaulError {
    fileprivate static func invalidAddress(_ message: String) -> LonghaulError {
        LonghaulError(.invalidRequest, "the address of S3 is invalid: " + message)
    }
}
