import Foundation

/// A private folder for one attempt, in the ``WorkerFolder`` of this process.
struct TemporaryFolder: Sendable {
    let path: String

    /// Creates a folder that only this user can read.
    init() throws {
        path = try WorkerFolder.current().path + "/" + UUID().uuidString.lowercased()
        try Self.make(path)
    }

    /// Creates a folder inside this one.
    func makeFolder(_ name: String) throws -> String {
        let inner = path + "/" + name
        try Self.make(inner)
        return inner
    }

    private static func make(_ path: String) throws {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }

    /// Removes the folder and everything in it.
    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }
}
