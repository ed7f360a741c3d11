import Foundation

/// A private folder for one attempt.
struct TemporaryFolder: Sendable {
    let path: String

    /// Makes a folder that only this user can read.
    init() throws {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("longhaul-\(UUID().uuidString.lowercased())")
        try FileManager.default.createDirectory(
            at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        path = url.path
    }

    /// Makes a folder in this one.
    func makeFolder(_ name: String) throws -> String {
        let inner = path + "/" + name
        try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: false)
        return inner
    }

    /// Removes the folder with all in it.
    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }
}
