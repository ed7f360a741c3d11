import LonghaulHTTP

/// Sends small requests to the endpoints of a container or an instance, never through a proxy.
struct MetadataClient: Sendable {
    let http: HTTPClient
    /// The timeout of one request.
    let timeout: Duration
    /// The maximum number of attempts.
    let attempts: Int

    /// Sends a request. A connection that fails, or an error of the server, is tried again.
    ///
    /// - Throws: the error of the last attempt.
    func send(_ method: String, _ url: String, headers: HTTPHeaders) async throws(HTTPClientError)
        -> HTTPClientResponse
    {
        var request = HTTPClientRequest(method: method, url: url, headers: headers, timeout: timeout)
        // A request with this rule uses no proxy.
        request.refusesAddress = { _ in nil }
        var left = attempts
        while true {
            left -= 1
            do throws(HTTPClientError) {
                let response = try await http.send(request, maxBytes: 256 * 1024)
                if left <= 0 || response.status < 500 { return response }
            } catch {
                if left <= 0 || !error.isTransient { throw error }
            }
        }
    }
}
