import CCurl

/// Owns a libcurl easy handle and the memory that it references. Only the client's thread uses it.
final class EasyHandle {
    let raw: UnsafeMutableRawPointer
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private let errorText: UnsafeMutableBufferPointer<CChar>

    /// - Throws: `other`.
    init() throws(HTTPClientError) {
        guard CurlLibrary.isReady, let raw = curl_easy_init() else {
            throw HTTPClientError(.other, "cannot start a transfer: libcurl has no memory left")
        }
        self.raw = raw
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0)
        try set(CURLOPT_ERRORBUFFER, pointer: errorText.baseAddress)
    }

    deinit {
        curl_easy_cleanup(raw)
        curl_slist_free_all(headerList)
        errorText.deallocate()
    }

    func set(_ option: CURLoption, _ value: Int) throws(HTTPClientError) {
        try check(longhaul_curl_set_long(raw, option, value))
    }

    func set(_ option: CURLoption, _ value: Bool) throws(HTTPClientError) {
        try set(option, value ? 1 : 0)
    }

    /// A duration in milliseconds, at least 1, because 0 means no timeout to libcurl.
    func set(_ option: CURLoption, _ value: Duration) throws(HTTPClientError) {
        let limit = Duration.seconds(Int64(Int32.max) / 1000)
        try set(option, max(1, Int(min(value, limit) / .milliseconds(1))))
    }

    func set(_ option: CURLoption, offset: Int64) throws(HTTPClientError) {
        try check(longhaul_curl_set_offset(raw, option, curl_off_t(offset)))
    }

    func set(_ option: CURLoption, _ value: String) throws(HTTPClientError) {
        try check(longhaul_curl_set_string(raw, option, value))
    }

    func set(_ option: CURLoption, pointer: UnsafeMutableRawPointer?) throws(HTTPClientError) {
        try check(longhaul_curl_set_pointer(raw, option, pointer))
    }

    func set(_ option: CURLoption, writer: curl_write_callback) throws(HTTPClientError) {
        try check(longhaul_curl_set_writer(raw, option, writer))
    }

    /// Sets the functions with which libcurl reads and rewinds a body.
    func set(reader: curl_read_callback, seeker: curl_seek_callback) throws(HTTPClientError) {
        try check(longhaul_curl_set_reader(raw, reader))
        try check(longhaul_curl_set_seeker(raw, seeker))
    }

    func set(preRequest: curl_prereq_callback) throws(HTTPClientError) {
        try check(longhaul_curl_set_prerequest(raw, preRequest))
    }

    /// Sets the function that opens the sockets.
    func set(opener: curl_opensocket_callback) throws(HTTPClientError) {
        try check(longhaul_curl_set_socket_opener(raw, opener))
    }

    func set(progress: curl_xferinfo_callback) throws(HTTPClientError) {
        try check(longhaul_curl_set_progress(raw, progress))
    }

    /// Copies a body into the handle.
    func set(body: [UInt8]) throws(HTTPClientError) {
        try set(CURLOPT_POSTFIELDSIZE_LARGE, offset: Int64(body.count))
        if body.isEmpty { return try set(CURLOPT_COPYPOSTFIELDS, "") }
        let code = body.withUnsafeBytes { bytes in
            longhaul_curl_set_string(
                raw, CURLOPT_COPYPOSTFIELDS, bytes.bindMemory(to: CChar.self).baseAddress)
        }
        try check(code)
    }

    /// Sets the header lines in the notation of libcurl.
    func set(headerLines: [String]) throws(HTTPClientError) {
        for line in headerLines {
            guard let list = curl_slist_append(headerList, line) else {
                throw HTTPClientError(.other, "cannot start a transfer: libcurl has no memory left")
            }
            headerList = list
        }
        try check(longhaul_curl_set_headers(raw, headerList))
    }

    /// The error message of libcurl; empty if there is none.
    var errorMessage: String {
        errorText.baseAddress.map { String(cString: $0) } ?? ""
    }

    /// The errno of the failure; 0 if there is none.
    var systemError: Int32 {
        var value = 0
        return longhaul_curl_get_long(raw, CURLINFO_OS_ERRNO, &value) == CURLE_OK ? Int32(value) : 0
    }

    private func check(_ code: CURLcode) throws(HTTPClientError) {
        guard code == CURLE_OK else {
            throw HTTPClientError(
                .other, "libcurl rejected a setting: \(String(cString: curl_easy_strerror(code)))")
        }
    }
}

/// The global state of libcurl, initialised once per process.
enum CurlLibrary {
    static let isReady = longhaul_curl_global_init() == CURLE_OK
}
