import Foundation
import LonghaulCore
import LonghaulTestSupport
import Testing

@testable import LonghaulServer

/// The file of API keys.
struct KeysFileTests {
    private func read(mode: Int) async throws -> KeysFile.Content {
        let folder = try TemporaryFolder()
        let path = folder.file("keys.json5")
        let text = #"{ keys: [{ name: "worker", scopes: ["work"], key: "\#(APIKeyText().text)" }] }"#
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return try await KeysFile(path: path).read()
    }

    @Test(arguments: [0o620, 0o602, 0o666]) func aFileThatOthersCanChangeIsRejected(mode: Int) async throws {
        let error = await #expect(throws: LonghaulError.self) { try await read(mode: mode) }
        #expect(error?.detail.contains("can be changed by other users: set its mode to 0600") == true)
    }

    @Test(arguments: [0o640, 0o604]) func aFileThatOthersCanReadHasAWarning(mode: Int) async throws {
        let content = try await read(mode: mode)
        #expect(content.keys.map(\.name) == ["worker"])
        #expect(content.warning != nil)
    }

    @Test func aPrivateFileHasNoWarning() async throws {
        #expect(try await read(mode: 0o600).warning == nil)
    }
}
