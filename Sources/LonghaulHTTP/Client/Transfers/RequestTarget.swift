import CCurl

/// The target of a request, parsed from its URL by libcurl, so that the client and libcurl interpret it alike.
struct RequestTarget: Sendable {
    /// The host and the port for messages, without credentials.
    let authority: String
    /// Whether the host is this machine, for which no proxy is used.
    let isLoopback: Bool

    /// - Parameter socketPath: the Unix socket to which the client connects; nil for the host.
    /// - Throws: `invalidURL`.
    init(url: String, socketPath: String? = nil) throws(HTTPClientError) {
        guard let handle = curl_url() else { throw HTTPClientError(.other, "out of memory") }
        defer { curl_url_cleanup(handle) }
        let code = curl_url_set(handle, CURLUPART_URL, url, 0)
        guard code == CURLUE_OK, !url.utf8.contains(0) else {
            throw HTTPClientError(.invalidURL, "invalid URL: \(String(cString: curl_url_strerror(code)))")
        }
        let scheme = Self.part(CURLUPART_SCHEME, of: handle)
        guard scheme == "http" || scheme == "https" else {
            throw HTTPClientError(.invalidURL, "the URL's scheme must be http or https")
        }
        guard let host = Self.part(CURLUPART_HOST, of: handle), !host.isEmpty,
            let port = Self.part(CURLUPART_PORT, of: handle)
        else { throw HTTPClientError(.invalidURL, "the URL has no host") }
        authority = socketPath.map { "unix:\($0)" } ?? "\(host):\(port)"
        // libcurl itself resolves every name below localhost to this machine.
        isLoopback =
            socketPath != nil || HTTPAuthority(host)?.isLoopback == true
            || host.lowercased().hasSuffix(".localhost")
    }

    private static func part(_ part: CURLUPart, of handle: OpaquePointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &text, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK, let text else {
            return nil
        }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
