import Foundation

/// A folder of one test's own, removed when the test lets go of it.
final class TemporaryFolder: Sendable {
    let path: String
    /// A word that no other folder has: lower-case letters and digits.
    let name = "t" + UUID().uuidString.lowercased().filter { $0 != "-" }

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("longhaul-test-\(name)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The path of a file in the folder.
    func file(_ name: String) -> String { path + "/" + name }

    /// Writes a file into the folder and answers its path.
    @discardableResult
    func write(_ name: String, _ text: String, executable: Bool = false) throws -> String {
        let path = file(name)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        if executable {
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        }
        return path
    }
}
