import CCurl

extension HTTPTransfer {
    /// A larger body is sent with `Expect: 100-continue`.
    private static let expectThreshold = 1024 * 1024
    /// A larger body is read piece by piece. libcurl copies a smaller one.
    private static let copyThreshold = 256 * 1024

    /// Creates the libcurl handle.
    ///
    /// - Parameter wake: called on any thread when a paused body has more bytes.
    /// - Throws: `localIO`, `tls`, `other`.
    func prepare(
        _ configuration: HTTPClientConfiguration, wake: @escaping @Sendable () -> Void
    ) throws(HTTPClientError) -> EasyHandle {
        let easy = try EasyHandle()
        try setConnection(of: easy, configuration)
        try setCallbacks(of: easy)
        try setRequest(of: easy, wake: wake)
        self.easy = easy
        return easy
    }

    private func setConnection(
        of easy: EasyHandle, _ configuration: HTTPClientConfiguration
    ) throws(HTTPClientError) {
        try easy.set(CURLOPT_NOSIGNAL, true)
        // A cancelled transfer must not wait for its resolver thread, which cleans up itself.
        try easy.set(CURLOPT_QUICK_EXIT, true)
        try easy.set(CURLOPT_PROTOCOLS_STR, "http,https")
        try easy.set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
        try easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        try easy.set(CURLOPT_TCP_KEEPALIVE, true)
        try easy.set(CURLOPT_BUFFERSIZE, sink.readSize)
        try easy.set(CURLOPT_CONNECTTIMEOUT_MS, configuration.connectTimeout)
        try easy.set(CURLOPT_MAXAGE_CONN, Int(configuration.idleTimeout.components.seconds))
        try easy.set(CURLOPT_USERAGENT, configuration.userAgent)
        if target.isLoopback || request.refusesAddress != nil { try easy.set(CURLOPT_NOPROXY, "*") }
        switch configuration.trust {
        case .system: break
        // This option replaces the system's bundle, but not the system's folder of certificates.
        case .systemAnd(let file): try easy.set(CURLOPT_CAINFO, file)
        case .insecure:
            try easy.set(CURLOPT_SSL_VERIFYPEER, false)
            try easy.set(CURLOPT_SSL_VERIFYHOST, 0)
        }
        if let identity = configuration.identity {
            try easy.set(CURLOPT_SSLCERT, identity.certificatePath)
            try easy.set(CURLOPT_SSLKEY, identity.keyPath)
            // Without this, OpenSSL asks on the terminal for the passphrase of an encrypted key.
            try easy.set(CURLOPT_KEYPASSWD, "")
        }
        if let path = configuration.socketPath { try easy.set(CURLOPT_UNIX_SOCKET_PATH, path) }
    }

    private func setCallbacks(of easy: EasyHandle) throws(HTTPClientError) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        for option in [
            CURLOPT_HEADERDATA, CURLOPT_WRITEDATA, CURLOPT_READDATA, CURLOPT_SEEKDATA, CURLOPT_PREREQDATA,
            CURLOPT_XFERINFODATA, CURLOPT_PRIVATE,
        ] {
            try easy.set(option, pointer: context)
        }
        try easy.set(CURLOPT_HEADERFUNCTION, writer: transferHeader)
        try easy.set(CURLOPT_WRITEFUNCTION, writer: transferBody)
        try easy.set(reader: transferRead, seeker: transferSeek)
        try easy.set(preRequest: transferPreRequest)
        if request.refusesAddress != nil {
            try easy.set(CURLOPT_OPENSOCKETDATA, pointer: context)
            try easy.set(opener: transferOpenSocket)
        }
        guard request.stallTimeout != nil else { return }
        try easy.set(progress: transferProgress)
        try easy.set(CURLOPT_NOPROGRESS, false)
    }

    private func setRequest(
        of easy: EasyHandle, wake: @escaping @Sendable () -> Void
    ) throws(HTTPClientError) {
        try easy.set(CURLOPT_URL, request.url)
        try easy.set(CURLOPT_PATH_AS_IS, true)
        if request.followsRedirects {
            try easy.set(CURLOPT_FOLLOWLOCATION, true)
            try easy.set(CURLOPT_MAXREDIRS, 10)
        }
        let length = try setBody(of: easy, wake: wake)
        try setMethod(of: easy)
        try easy.set(headerLines: headerLines(bodyLength: length))
    }

    /// Sets the body. Returns its length, or nil if it is unknown.
    private func setBody(
        of easy: EasyHandle, wake: @escaping @Sendable () -> Void
    ) throws(HTTPClientError) -> Int64? {
        switch request.body {
        case .none:
            // Requests of these methods need a body, even an empty one.
            if ["POST", "PUT", "PATCH"].contains(request.method) { try easy.set(body: []) }
            return 0
        case .bytes(let bytes) where bytes.count <= Self.copyThreshold:
            try easy.set(body: bytes)
            return Int64(bytes.count)
        case .bytes(let bytes):
            upload = BytesUpload(bytes)
        case .file(let path):
            upload = try FileUpload(path: path)
        case .stream(let length, let producer):
            upload = StreamUpload(length: length, producer: producer, wake: wake)
        }
        try easy.set(CURLOPT_UPLOAD, true)
        try easy.set(CURLOPT_INFILESIZE_LARGE, offset: upload?.length ?? -1)
        return upload?.length
    }

    private func setMethod(of easy: EasyHandle) throws(HTTPClientError) {
        if request.method == "HEAD" {
            try easy.set(CURLOPT_NOBODY, true)
        } else {
            try easy.set(CURLOPT_CUSTOMREQUEST, request.method)
        }
    }

    private func headerLines(bodyLength: Int64?) -> [String] {
        // In the notation of libcurl, `name;` sends an empty value, and `name:` removes the field.
        var lines = request.headers.fields.map { field in
            field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)"
        }
        if request.headers["Content-Type"] == nil { lines.append("Content-Type:") }
        if let bodyLength, bodyLength <= Self.expectThreshold, request.headers["Expect"] == nil {
            lines.append("Expect:")
        }
        return lines
    }
}
