import FoundationEssentials
import LonghaulConcurrency

/// The environment variables and files with the settings of AWS.
public struct AWSEnvironment: Sendable {
    private let variables: [String: String]

    /// An environment with these variables.
    public init(_ variables: [String: String]) {
        self.variables = variables
    }

    /// The environment of this process.
    public static var process: AWSEnvironment { AWSEnvironment(ProcessInfo.processInfo.environment) }

    /// The value of a variable; nil if it is not set or empty.
    public subscript(name: String) -> String? {
        variables[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// All variables, for a program.
    var all: [String: String] { variables }

    /// The path of the file with settings.
    var configPath: String { self["AWS_CONFIG_FILE"].map(expand) ?? expand("~/.aws/config") }

    /// The path of the file with keys.
    var credentialsPath: String {
        self["AWS_SHARED_CREDENTIALS_FILE"].map(expand) ?? expand("~/.aws/credentials")
    }

    private func expand(_ path: String) -> String {
        guard path == "~" || path.hasPrefix("~/") else { return path }
        return (self["HOME"] ?? FileManager.default.homeDirectoryForCurrentUser.path) + path.dropFirst()
    }

    /// Reads a file of settings; nil if it does not exist.
    func settings(at path: String) async throws(AWSError) -> String? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return try await text(at: path, maxBytes: 1 << 20)
    }

    /// Reads a file.
    func text(at path: String, maxBytes: Int = 64 * 1024) async throws(AWSError) -> String {
        do {
            let file = try await BlockingPool.shared.run {
                try SmallFile(path, maxBytes: maxBytes, kind: .regular)
            }
            return String(decoding: file.bytes, as: UTF8.self)
        } catch {
            throw AWSError(.configuration, "the file \(path) \(error)")
        }
    }
}
