import LonghaulCore
import LonghaulHTTP

extension AuditSource {
    /// The caller of a request, its address, and the ID of the request.
    init(of request: APIRequest) {
        let peer = request.http.localPeer.map { "unix:\($0.userID)" }
        self.init(
            caller: request.caller.name, keyID: request.caller.keyID,
            client: request.http.remoteAddress ?? peer,
            requestID: RequestID.current.isEmpty ? nil : RequestID.current)
    }
}
