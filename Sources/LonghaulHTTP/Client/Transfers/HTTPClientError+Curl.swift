import CCurl
import LonghaulPlatform

extension HTTPClientError {
    /// Converts an error of libcurl.
    init(_ curl: CURLcode, from easy: EasyHandle, target: RequestTarget, isSent: Bool) {
        var code = Self.code(curl, systemError: easy.systemError, isSent: isSent)
        // With TLS 1.3, a server refuses the client's certificate after the client has sent its request.
        if code == .connectionLost, easy.errorMessage.contains(" alert ") { code = .tls }
        let detail =
            if code == .cannotConnect, easy.systemError != 0 {
                Self.systemMessage(easy.systemError)
            } else if easy.errorMessage.isEmpty {
                String(cString: curl_easy_strerror(curl))
            } else {
                easy.errorMessage
            }
        self.init(code, "\(Self.phrase(code)) \(target.authority): \(detail)", mayHaveBeenSent: isSent)
    }

    private static func code(_ curl: CURLcode, systemError: Int32, isSent: Bool) -> Code {
        switch curl {
        case CURLE_URL_MALFORMAT where !isSent, CURLE_UNSUPPORTED_PROTOCOL where !isSent: .invalidURL
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .cannotResolve
        case CURLE_COULDNT_CONNECT: .cannotConnect
        case CURLE_OPERATION_TIMEDOUT: .timedOut
        // A connection lost during the handshake is not a certificate error.
        case CURLE_SSL_CONNECT_ERROR where systemError == ECONNRESET || systemError == EPIPE: .connectionLost
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_ENGINE_INITFAILED:
            .tls
        case CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING,
            CURLE_SEND_FAIL_REWIND:
            .connectionLost
        default: .other
        }
    }

    private static func phrase(_ code: Code) -> String {
        switch code {
        case .invalidURL: "invalid URL of"
        case .cannotResolve, .cannotConnect: "cannot connect to"
        case .timedOut: "timeout of the request to"
        case .tls: "no secure connection to"
        case .connectionLost: "lost the connection to"
        default: "the request failed:"
        }
    }
}
