import CCurl

/// Times in header fields.
public enum HTTPDate {
    /// The seconds since 1970 of a date such as `Sun, 06 Nov 1994 08:49:37 GMT`; nil for other text.
    public static func seconds(_ text: String) -> Int64? {
        guard let first = text.utf8.first, (65...90).contains(first) else { return nil }
        let seconds = curl_getdate(text, nil)
        return seconds < 0 ? nil : Int64(seconds)
    }
}
