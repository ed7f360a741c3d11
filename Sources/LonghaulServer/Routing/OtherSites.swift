import LonghaulCore
import LonghaulHTTP

/// Keeps pages of other sites from changing anything here.
///
/// A browser sends some requests for any page that asks, also to this machine: without the answer being shown to
/// that page, but done all the same. Where nobody needs a key, a page that somebody merely visits could submit,
/// cancel and pause. Browsers tell where a request comes from in headers that no page can set; other clients
/// send none of them.
enum OtherSites {
    /// Refuses a request that a page of another site made a browser send.
    ///
    /// - Throws: ``LonghaulError`` `forbidden`.
    static func refuse(_ request: HTTPRequest) throws(LonghaulError) {
        guard isForeign(request.headers) else { return }
        throw LonghaulError(
            .forbidden, "a page of another site may not change anything here; call the API from a server")
    }

    private static func isForeign(_ headers: HTTPHeaders) -> Bool {
        if let site = headers["Sec-Fetch-Site"] { return site != "same-origin" && site != "none" }
        // Older browsers tell the origin only.
        guard let origin = headers["Origin"] else { return false }
        let authority = origin.split(separator: "/").last.map(String.init)
        return authority?.lowercased() != headers["Host"]?.lowercased()
    }
}
