import LonghaulConcurrency
import LonghaulCore
import LonghaulJSON
import Synchronization

/// A file of API keys, for containers:
///
/// ```json5
/// { keys: [{ name: "worker", scopes: ["work"], queues: ["mail*"], key: "lh_live_…" }] }
/// ```
///
/// The file is read again when it has changed, so a rotated secret needs no restart.
final class KeysFile: Sendable {
    /// The keys of a file.
    struct Content: Sendable {
        var keys: [APIKey]
        /// What is wrong with the mode of the file; nil if nothing is.
        var warning: String?
    }

    private static let maxBytes = 4 << 20

    let path: String
    private let version = Mutex<FileVersion?>(nil)

    init(path: String) {
        self.path = path
    }

    /// Reads the file.
    ///
    /// - Throws: ``LonghaulError`` `invalid_request` with all faults.
    func read() async throws -> Content {
        let path = path
        let file = try await Self.blocking(path) { try SmallFile(path, maxBytes: Self.maxBytes) }
        let content = try Self.decode(file, path: path)
        version.withLock { $0 = file.version }
        return content
    }

    /// Reads the file if it was replaced or changed since the last read; nil otherwise.
    func readIfChanged() async throws -> Content? {
        let path = path
        let present = try await Self.blocking(path) { try FileVersion(of: path) }
        guard present != version.withLock({ $0 }) else { return nil }
        // A file with a fault is reported once for each change.
        version.withLock { $0 = present }
        return try await read()
    }

    private static func blocking<Value: Sendable>(
        _ path: String, _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        do {
            return try await BlockingPool.shared.run(body)
        } catch let error as SmallFileError {
            throw LonghaulError(.invalidRequest, "the file of API keys \(path) \(error)")
        }
    }

    private static func decode(_ file: SmallFile, path: String) throws -> Content {
        guard file.permissions & 0o022 == 0 else {
            throw LonghaulError(
                .invalidRequest,
                "the file of API keys \(path) can be changed by other users: set its mode to 0600")
        }
        do {
            let list = try FiledKeys.decode(JSONText(json5: file.bytes).bytes)
            let warning =
                file.permissions & 0o044 == 0
                ? nil : "the file of API keys \(path) can be read by other users: set its mode to 0600"
            return Content(keys: list.keys, warning: warning)
        } catch {
            let message = (error as? LonghaulError)?.detail ?? (error as? JSONError)?.message ?? "\(error)"
            throw LonghaulError(.invalidRequest, "the file of API keys \(path) is invalid: \(message)")
        }
    }
}

/// The content of a file of keys.
private struct FiledKeys: JSONReadable {
    var keys: [APIKey] = []

    static func read(_ reader: inout JSONObjectReader) -> FiledKeys {
        var list = FiledKeys()
        let keys = reader.objects("keys") { readKey(&$0) }
        if keys == nil { reader.fault("keys", "is required, expected an array of keys") }
        reader.finish()
        list.keys = (keys ?? []).compactMap { $0 }
        var seen: [String: Int] = [:]
        for (index, key) in list.keys.enumerated() where seen.updateValue(index, forKey: key.id) != nil {
            reader.faults.add(reader.pointer(to: "keys").appending(index), "has the key of an earlier entry")
        }
        return list
    }

    private static func readKey(_ reader: inout JSONObjectReader) -> APIKey? {
        let before = reader.faults.list.count
        let new = NewAPIKey.readFields(&reader)
        let text = reader.requiredString("key")
        let given = text.flatMap { APIKeyText($0) }
        // The message must not contain the key.
        if text != nil, given == nil {
            reader.fault("key", "is not an API key: create one with longhaul keys generate")
        }
        reader.finish()
        new.addFaults(to: &reader, after: before)
        guard let given else { return nil }
        return APIKey(
            id: given.id, name: new.name, grant: new.grant, digest: given.digest,
            createdAt: .distantPast, createdBy: "", expiresAt: new.expiresAt)
    }
}
