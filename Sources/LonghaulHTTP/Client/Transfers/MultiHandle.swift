import CCurl

/// Owns a libcurl multi handle with its connections and transfers.
///
/// Unchecked, because only the client's thread uses it, except for ``wakeUp()``, which libcurl allows on any thread.
final class MultiHandle: @unchecked Sendable {
    private let raw: UnsafeMutableRawPointer

    /// - Throws: `other`.
    init(_ configuration: HTTPClientConfiguration) throws(HTTPClientError) {
        guard CurlLibrary.isReady, let raw = curl_multi_init() else {
            throw HTTPClientError(.other, "cannot start the HTTP client: libcurl has no memory left")
        }
        self.raw = raw
        try Self.check(
            longhaul_curl_multi_set_long(
                raw, CURLMOPT_MAXCONNECTS, max(1, configuration.maxPooledConnections)))
        if let limit = configuration.maxConnectionsPerHost {
            try Self.check(longhaul_curl_multi_set_long(raw, CURLMOPT_MAX_HOST_CONNECTIONS, max(1, limit)))
        }
    }

    deinit { curl_multi_cleanup(raw) }

    /// Starts a transfer.
    ///
    /// - Throws: `other`.
    func add(_ easy: EasyHandle) throws(HTTPClientError) {
        try Self.check(curl_multi_add_handle(raw, easy.raw))
    }

    /// Ends a transfer in any state.
    func remove(_ easy: EasyHandle) {
        let code = curl_multi_remove_handle(raw, easy.raw)
        assert(code == CURLM_OK, "the handle is ours, and no callback is running")
    }

    /// Runs all transfers without blocking. Returns those that have ended.
    ///
    /// - Throws: `other`.
    func perform() throws(HTTPClientError) -> [(easy: UnsafeMutableRawPointer, code: CURLcode)] {
        var running: Int32 = 0
        try Self.check(curl_multi_perform(raw, &running))
        var ended: [(UnsafeMutableRawPointer, CURLcode)] = []
        var left: Int32 = 0
        while let message = curl_multi_info_read(raw, &left) {
            if message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle {
                ended.append((easy, message.pointee.data.result))
            }
        }
        return ended
    }

    /// Waits for an event, at most until `moment`.
    ///
    /// - Throws: `other`.
    func wait(until moment: ContinuousClock.Instant?) throws(HTTPClientError) {
        var wait = Self.maxWait
        // One more millisecond, so that the wait does not end before the moment.
        if let moment { wait = min(wait, max(.zero, moment - .now + .milliseconds(1))) }
        try Self.check(curl_multi_poll(raw, nil, 0, Int32(wait / .milliseconds(1)), nil))
    }

    private static let maxWait = Duration.seconds(600)

    /// Ends the current or the next wait. Any thread may call it.
    func wakeUp() {
        let code = curl_multi_wakeup(raw)
        assert(code == CURLM_OK, "the handle has its wake-up socket from the start")
    }

    private static func check(_ code: CURLMcode) throws(HTTPClientError) {
        guard code == CURLM_OK else {
            throw HTTPClientError(.other, "libcurl failed: \(String(cString: curl_multi_strerror(code)))")
        }
    }
}
