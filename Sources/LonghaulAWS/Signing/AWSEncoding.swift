import LonghaulCore

/// The percent-encoding of signature version 4: all bytes except the unreserved ones of RFC 3986.
public enum AWSEncoding {
    /// Encodes a name or a value.
    public static func encode(_ text: String) -> String { PathSegment.encode(text) }

    /// Encodes a path, except its slashes.
    static func path(_ text: String) -> String {
        text.split(separator: "/", omittingEmptySubsequences: false).map { encode(String($0)) }
            .joined(separator: "/")
    }

    /// Encodes parameters in the given order.
    static func query(_ items: [AWSRequest.QueryItem]) -> String {
        items.map { encode($0.name) + "=" + encode($0.value) }.joined(separator: "&")
    }

    /// Encodes parameters in the order of the signature: by the encoded name, then by the encoded value.
    static func canonicalQuery(_ items: [AWSRequest.QueryItem]) -> String {
        let encoded = items.map { (name: encode($0.name), value: encode($0.value)) }
        let sorted = encoded.sorted { left, right in
            left.name == right.name ? left.value < right.value : left.name < right.name
        }
        return sorted.map { $0.name + "=" + $0.value }.joined(separator: "&")
    }
}
