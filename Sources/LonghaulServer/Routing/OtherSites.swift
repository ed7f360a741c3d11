import LonghaulCore
import LonghaulHTTP

/// Keeps web pages of other sites from using this server.
///
/// A browser sends some requests for any page that asks, to this machine as well. The page does not see the answer,
/// but the request is carried out. While no API key is needed, a page that somebody visits could submit, cancel and
/// pause. Browsers say where a request comes from in headers that no page can set. Other clients send none of them.
///
/// A page can also point a name of its own at 127.0.0.1 after it has been loaded (DNS rebinding). The browser then
/// takes this server for that page's own, and only the name in `Host` is different.
enum OtherSites {
    /// Refuses a request for a host that is not this machine's loopback.
    ///
    /// The port may be any, so that a forwarded port (`ssh -L 9000:127.0.0.1:8080`) works. A request of HTTP/1.0
    /// without `Host` passes: browsers always send the field.
    ///
    /// - Throws: ``LonghaulError`` `misdirected_request`.
    static func refuseOtherHosts(_ request: HTTPRequest) throws(LonghaulError) {
        let host = request.headers["Host"]
        // They differ if the target of the request is an absolute URL.
        for name in request.authority == host ? [host] : [host, request.authority] {
            guard let name else { continue }
            guard HTTPAuthority(name)?.isLoopback == true else {
                throw LonghaulError(
                    .misdirectedRequest,
                    "the request is for host \"\(name.prefix(80))\"; without API keys the server answers only "
                        + "requests for localhost or a loopback address. Use http://127.0.0.1 or "
                        + "http://localhost as the address, or let the proxy send \"Host: localhost\"")
            }
        }
    }

    /// Refuses a request that a page of another site made a browser send.
    ///
    /// - Throws: ``LonghaulError`` `forbidden`.
    static func refuse(_ request: HTTPRequest) throws(LonghaulError) {
        guard isForeign(request) else { return }
        throw LonghaulError(
            .forbidden, "a page of another site may not change anything here; call the API from a server")
    }

    private static func isForeign(_ request: HTTPRequest) -> Bool {
        let site = request.headers["Sec-Fetch-Site"]
        if let site, site != "same-origin", site != "none" { return true }
        guard let text = request.headers["Origin"] else { return false }
        guard let origin = Origin(text) else { return true }
        // The browser knows better than a comparison with a Host field that a proxy may have changed.
        if site == "same-origin" { return false }
        return request.authority.flatMap { HTTPAuthority($0) }.map { host in
            origin != Origin(isSecure: request.isSecure, host)
        } ?? true
    }

    /// Where a page comes from: scheme, host and port.
    private struct Origin: Equatable {
        let isSecure: Bool
        let host: String
        let port: UInt16

        init(isSecure: Bool, _ authority: HTTPAuthority) {
            self.isSecure = isSecure
            host = authority.host
            port = authority.port ?? (isSecure ? 443 : 80)
        }

        /// Parses an `Origin` field. Nil for `null` and for anything that is not `http` or `https`.
        init?(_ text: String) {
            for (prefix, isSecure) in [("http://", false), ("https://", true)] where text.hasPrefix(prefix) {
                guard let authority = HTTPAuthority(text.dropFirst(prefix.count)) else { return nil }
                self.init(isSecure: isSecure, authority)
                return
            }
            return nil
        }
    }
}
