import CCurl
import Glibc

extension Transfer {
    /// Makes the easy handle of this transfer, with everything set.
    func prepare(_ configuration: HTTPClientConfiguration) throws(HTTPClientError) -> Wire {
        let easy = try EasyHandle()
        let wire = Wire(
            easy: easy, parser: ResponseHeadParser(followsRedirects: request.followsRedirects))
        try easy.set(CURLOPT_URL, request.url)
        try easy.set(CURLOPT_PROTOCOLS_STR, "http,https")
        try easy.set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
        try easy.set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        try easy.set(CURLOPT_NOSIGNAL, true)
        try easy.set(CURLOPT_TCP_KEEPALIVE, true)
        if target.isLoopback { try easy.set(CURLOPT_PROXY, "") }
        try setTimes(easy, configuration)
        try setTrust(easy, configuration.trust)
        try setBody(easy, wire)
        try setCallbacks(easy)
        try easy.set(headerLines: headerLines(configuration))
        return wire
    }

    private func setTimes(
        _ easy: EasyHandle, _ configuration: HTTPClientConfiguration
    ) throws(HTTPClientError) {
        try easy.set(CURLOPT_CONNECTTIMEOUT_MS, configuration.connectTimeout)
        try easy.set(CURLOPT_MAXAGE_CONN, max(1, Int(configuration.idleTimeout / .seconds(1))))
        if let timeout = request.timeout ?? configuration.timeout { try easy.set(CURLOPT_TIMEOUT_MS, timeout) }
        if let stall = request.stallTimeout {
            try easy.set(CURLOPT_LOW_SPEED_LIMIT, 1)
            try easy.set(CURLOPT_LOW_SPEED_TIME, max(1, Int(stall / .seconds(1))))
        }
        if request.followsRedirects {
            try easy.set(CURLOPT_FOLLOWLOCATION, true)
            try easy.set(CURLOPT_MAXREDIRS, 10)
        }
    }

    private func setTrust(
        _ easy: EasyHandle, _ trust: HTTPClientConfiguration.Trust
    ) throws(HTTPClientError) {
        switch trust {
        case .system: break
        case .systemAnd(let file): try easy.set(CURLOPT_CAINFO, file)
        case .insecure:
            try easy.set(CURLOPT_SSL_VERIFYPEER, false)
            try easy.set(CURLOPT_SSL_VERIFYHOST, false)
        }
    }

    private func setBody(_ easy: EasyHandle, _ wire: Wire) throws(HTTPClientError) {
        switch request.body {
        case .none:
            if request.method == "HEAD" {
                try easy.set(CURLOPT_NOBODY, true)
            } else if request.method != "GET", request.method != "DELETE", request.method != "OPTIONS" {
                // Says `Content-Length: 0`, as a method that usually has a body should.
                try easy.set(body: [])
            }
        case .bytes(let bytes): try easy.set(body: bytes)
        case .file(let path):
            wire.file = open(path, O_RDONLY | O_CLOEXEC)
            var facts = stat()
            guard wire.file >= 0, fstat(wire.file, &facts) == 0 else {
                throw HTTPClientError(.localIO, "cannot open \(path): \(String(cString: strerror(errno)))")
            }
            try easy.set(CURLOPT_UPLOAD, true)
            try easy.set(CURLOPT_INFILESIZE_LARGE, offset: Int64(facts.st_size))
            try easy.set(reader: readCallback, seeker: seekCallback)
            let pointer = Unmanaged.passUnretained(self).toOpaque()
            try easy.set(CURLOPT_READDATA, pointer: pointer)
            try easy.set(CURLOPT_SEEKDATA, pointer: pointer)
        }
        if request.method != "HEAD" { try easy.set(CURLOPT_CUSTOMREQUEST, request.method) }
    }

    /// The handle does not keep the transfer alive; the client's thread does, for as long as it has the handle.
    private func setCallbacks(_ easy: EasyHandle) throws(HTTPClientError) {
        let pointer = Unmanaged.passUnretained(self).toOpaque()
        try easy.set(CURLOPT_WRITEFUNCTION, writer: writeCallback)
        try easy.set(CURLOPT_WRITEDATA, pointer: pointer)
        try easy.set(CURLOPT_HEADERFUNCTION, writer: headerCallback)
        try easy.set(CURLOPT_HEADERDATA, pointer: pointer)
        try easy.set(preRequest: preRequestCallback)
        try easy.set(CURLOPT_PREREQDATA, pointer: pointer)
    }

    private func headerLines(_ configuration: HTTPClientConfiguration) -> [String] {
        // libcurl writes a field without a value as `Name;`, and leaves out one written as `Name:`.
        var lines = request.headers.fields.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        if request.headers["User-Agent"] == nil { lines.append("User-Agent: \(configuration.userAgent)") }
        if request.headers["Content-Type"] == nil { lines.append("Content-Type:") }
        if case .bytes = request.body, request.headers["Expect"] == nil { lines.append("Expect:") }
        return lines
    }
}

private func transfer(_ pointer: UnsafeMutableRawPointer?) -> Transfer? {
    pointer.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
}

private let writeCallback: curl_write_callback = { bytes, size, count, pointer in
    guard let transfer = transfer(pointer), let bytes else { return 0 }
    let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return transfer.body.add(piece) ? piece.count : Int(CURL_WRITEFUNC_PAUSE)
}

private let headerCallback: curl_write_callback = { bytes, size, count, pointer in
    guard let transfer = transfer(pointer), let bytes else { return 0 }
    let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return transfer.takeHeader(line) ? line.count : 0
}

private let readCallback: curl_read_callback = { bytes, size, count, pointer in
    let abort = Int(CURL_READFUNC_ABORT)
    guard let transfer = transfer(pointer), let bytes else { return abort }
    return transfer.readFile(into: UnsafeMutableRawBufferPointer(start: bytes, count: size * count)) ?? abort
}

private let seekCallback: curl_seek_callback = { pointer, offset, _ in
    transfer(pointer)?.seekFile(to: Int64(offset)) == true ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL
}

private let preRequestCallback: curl_prereq_callback = { pointer, _, _, _, _ in
    transfer(pointer)?.markSent()
    return CURL_PREREQFUNC_OK
}
