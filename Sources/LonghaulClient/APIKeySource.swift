import LonghaulConcurrency
import LonghaulCore
import LonghaulHTTP
import Synchronization

/// Where a client gets its API key.
public enum APIKeySource: Sendable, Hashable {
    /// This key.
    case text(String)
    /// A file whose only line is the key. The client reads it again when the server refuses the key, so that a rotated key
    /// needs no restart.
    case file(path: String)
}

/// The API key of a client.
final class ClientKey: Sendable {
    private static let maxBytes = 4096

    private let source: APIKeySource?
    private let text: Mutex<String?>

    /// - Throws: ``LonghaulError`` `invalid_request` if the file cannot be read or is not one line.
    init(_ source: APIKeySource?) throws(LonghaulError) {
        self.source = source
        switch source {
        case .none: text = Mutex(nil)
        case .text(let key): text = Mutex(try Self.checked(key, "the API key"))
        // A shell's process substitution passes a FIFO, which can be read once.
        case .file(let path): text = Mutex(try Self.read(path, .any))
        }
    }

    /// Adds the key to a request. Returns the key.
    func add(to request: inout HTTPClientRequest) -> String? {
        let key = text.withLock { $0 }
        if let key { request.headers["Authorization"] = "Bearer \(key)" }
        return key
    }

    /// Reads the file again. Returns whether it has another key than the one that was refused.
    func reload(after refused: String?) async -> Bool {
        guard case .file(let path) = source,
            let key = try? await BlockingPool.shared.run({ try Self.read(path, .regular) })
        else { return false }
        text.withLock { $0 = key }
        return key != refused
    }

    private static func read(_ path: String, _ kind: SmallFile.Kind) throws(LonghaulError) -> String {
        let file: SmallFile
        do throws(SmallFileError) {
            file = try SmallFile(path, maxBytes: maxBytes, kind: kind)
        } catch {
            throw LonghaulError(.invalidRequest, "the key file \(path) \(error)")
        }
        return try checked(String(decoding: file.bytes, as: UTF8.self), "the key file \(path)")
    }

    /// The key without white space around it. The message of an error does not contain the key.
    private static func checked(_ text: String, _ name: String) throws(LonghaulError) -> String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0.isNewline || $0 == "\t" }
        let key = String(text.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
        guard !key.isEmpty, key.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            throw LonghaulError(.invalidRequest, "\(name) must be one line with an API key")
        }
        return key
    }
}

extension LonghaulClient {
    /// Sends a request with the API key. If the server refuses the key and the file of the key has another one by now,
    /// sends the request again with that.
    func authorized<Response>(
        _ request: HTTPClientRequest, status: (Response) -> Int,
        _ send: (HTTPClientRequest) async throws -> Response
    ) async throws -> Response {
        var request = request
        let used = key.add(to: &request)
        let response = try await send(request)
        guard status(response) == 401, await key.reload(after: used) else { return response }
        _ = key.add(to: &request)
        return try await send(request)
    }
}
