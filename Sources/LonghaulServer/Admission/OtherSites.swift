import LonghaulCore
import LonghaulHTTP

/// Protects the server from requests of other web sites (CSRF).
///
/// A browser sends some requests on behalf of any page, also to this machine. The page does not see the answer, but the
/// server executes the request. Without API keys, any visited page could submit, cancel and pause; with a session of the
/// dashboard, pages of the same machine could. Browsers report the origin of a request in headers that a page cannot set. Other clients do not send these headers.
///
/// A site can also resolve its own name to 127.0.0.1 after its page has loaded (DNS rebinding). Then the browser treats
/// this server as the origin of the page. Only the name in `Host` reveals it.
enum OtherSites {
    /// Refuses a request for another host.
    ///
    /// The port may be any, so that a forwarded port (`ssh -L 9000:127.0.0.1:8080`) works. A request of HTTP/1.0
    /// without `Host` passes: browsers always send the field.
    ///
    /// - Throws: ``LonghaulError`` `misdirected_request`.
    static func refuseOtherHosts(_ request: HTTPRequest, _ policy: HostPolicy) throws(LonghaulError) {
        let host = request.headers["Host"]
        // The two differ if the request target is an absolute URL.
        for name in request.authority == host ? [host] : [host, request.authority] {
            guard let name, !policy.allows(name) else { continue }
            throw LonghaulError(
                .misdirectedRequest, "the request is for host \"\(name.prefix(80))\"; \(policy.explanation)")
        }
    }

    /// Refuses a request that a browser sends for a page of another site.
    ///
    /// - Parameter crossOrigin: the origins whose pages are allowed.
    /// - Throws: ``LonghaulError`` `forbidden`.
    static func refuse(
        _ request: HTTPRequest, _ crossOrigin: CrossOrigin = CrossOrigin([])
    ) throws(LonghaulError) {
        guard isForeign(request), crossOrigin.origin(of: request) == nil else { return }
        throw LonghaulError(
            .forbidden,
            "pages of other sites must not change state; call the API from a server, or list the origin with --cors-origin"
        )
    }

    private static func isForeign(_ request: HTTPRequest) -> Bool {
        let site = request.headers["Sec-Fetch-Site"]
        if let site, site != "same-origin", site != "none" { return true }
        guard let text = request.headers["Origin"] else { return false }
        guard let origin = WebOrigin(text) else { return true }
        // `Sec-Fetch-Site` is more reliable than `Host`, which a proxy may have changed.
        if site == "same-origin" { return false }
        return request.authority.flatMap { HTTPAuthority($0) }.map { host in
            origin != WebOrigin(isSecure: request.isSecure, host)
        } ?? true
    }
}
