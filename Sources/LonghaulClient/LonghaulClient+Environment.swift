import Foundation
public import LonghaulCore
import LonghaulHTTP

extension LonghaulClient {
    /// Creates a client of the server that the environment names, with the variables of the `longhaul` command:
    ///
    /// | variable | meaning |
    /// | --- | --- |
    /// | `LONGHAUL_SERVER` | the address of the server; `http://127.0.0.1:8080` without it |
    /// | `LONGHAUL_API_KEY`, `LONGHAUL_KEY_FILE` | the API key, or the file of it. The key takes precedence |
    /// | `LONGHAUL_CA_FILE` | a PEM file with further certificate authorities |
    /// | `LONGHAUL_CLIENT_CERT`, `LONGHAUL_CLIENT_KEY` | the PEM files of the client's certificate and key |
    ///
    /// - Throws: ``LonghaulError`` `invalid_request` if a variable is invalid.
    public convenience init() throws(LonghaulError) {
        try self.init(environment: ProcessInfo.processInfo.environment)
    }

    convenience init(environment: [String: String]) throws(LonghaulError) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        var configuration = HTTPClientConfiguration()
        if let file = value("LONGHAUL_CA_FILE") { configuration.trust = .systemAnd(file: file) }
        switch (value("LONGHAUL_CLIENT_CERT"), value("LONGHAUL_CLIENT_KEY")) {
        case (let certificate?, let key?):
            configuration.identity = .init(certificatePath: certificate, keyPath: key)
        case (nil, nil): break
        default:
            throw LonghaulError(
                .invalidRequest, "set both LONGHAUL_CLIENT_CERT and LONGHAUL_CLIENT_KEY, or neither")
        }
        let key: APIKeySource? =
            value("LONGHAUL_API_KEY").map { .text($0) } ?? value("LONGHAUL_KEY_FILE").map { .file(path: $0) }
        try self.init(
            server: value("LONGHAUL_SERVER") ?? "http://127.0.0.1:8080", key: key,
            configuration: configuration)
    }
}
