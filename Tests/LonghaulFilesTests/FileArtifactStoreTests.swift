import Foundation
import LonghaulConformance
import LonghaulCore
import LonghaulFiles
import LonghaulTestSupport
import Testing

/// The file store: its conformance, and behaviour specific to files.
struct FileArtifactStoreTests {
    private let folder: TemporaryFolder
    private var root: String { folder.file("artifacts") }
    private let attempt = ArtifactFolder(jobID: JobID(high: 1, low: 1), fence: 1)

    init() throws {
        folder = try TemporaryFolder()
    }

    private func put(_ store: FileArtifactStore, _ name: String, _ bytes: [UInt8]) async throws {
        var rest: [UInt8]? = bytes
        _ = try await store.put(attempt, name: name, maxBytes: 1 << 20) {
            defer { rest = nil }
            return rest
        }
    }

    /// All regular files under the root, including temporary ones.
    private func files() -> [String] {
        let names = FileManager.default.enumerator(atPath: root)?.allObjects as? [String] ?? []
        return names.filter { name in
            let type = try? FileManager.default.attributesOfItem(atPath: root + "/" + name)[.type]
            return type as? FileAttributeType == .typeRegular
        }
    }

    @Test func conforms() async throws {
        let suite = ArtifactStoreConformance(store: try FileArtifactStore(path: root)) { location in
            guard case .file(let path, let size) = location else { return [] }
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
            #expect(Int64(bytes.count) == size)
            return bytes
        }
        try await suite.run()
    }

    @Test func fileIsStoredWhileTheFoldersOfItsJobAreRemoved() async throws {
        let store = try FileArtifactStore(path: root)
        let folders = [attempt, ArtifactFolder(jobID: attempt.jobID, fence: 2)]
        async let removals: Void = {
            for folder in Array(repeating: folders, count: 300).joined() { try await store.remove(folder) }
        }()
        for _ in 0..<300 { try await put(store, "a", [1, 2, 3]) }
        try await removals
        try await put(store, "a", [1, 2, 3])
        #expect(files().count == 1)
    }

    @Test func leavesNoTemporaryFiles() async throws {
        let store = try FileArtifactStore(path: root)
        try await put(store, "a", [1])
        await #expect(throws: CancellationError.self) {
            _ = try await store.put(attempt, name: "b", maxBytes: 10) { throw CancellationError() }
        }
        try await store.checkReady()
        #expect(files().count == 1)
    }

    @Test func sweepRemovesPartialFilesOfACrash() async throws {
        _ = try FileArtifactStore(path: root)
        try Data([1]).write(to: URL(fileURLWithPath: root + "/.tmp/deadbeef"))
        let store = try FileArtifactStore(path: root)
        #expect(try await store.sweep { asAllRunning($0) } == 0)
        #expect(files().isEmpty)
    }

    @Test func sweepKeepsUploadsInFlight() async throws {
        let store = try FileArtifactStore(path: root)
        var step = 0
        let file = try await store.put(attempt, name: "a", maxBytes: 10) {
            step += 1
            if step == 1 { return [1] }
            if step == 2 { _ = try await store.sweep { _ in [:] } }
            return nil
        }
        #expect(file.sizeBytes == 1)
        guard case .file(_, 1) = try await store.locate(attempt, name: "a") else {
            Issue.record("the file is not there")
            return
        }
    }

    @Test func doesNotFollowLinks() async throws {
        let store = try FileArtifactStore(path: root)
        try await put(store, "a", [1])
        guard case .file(let path, _) = try await store.locate(attempt, name: "a") else { return }
        let secret = try folder.write("secret", "7")
        let link = URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent("link").path
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: secret)
        await #expect(throws: LonghaulError.self) { try await store.locate(attempt, name: "link") }
        // Removing the folder removes the link, and not its target.
        try await store.remove(attempt)
        #expect(FileManager.default.fileExists(atPath: secret))
    }

    @Test func fileInPlaceOfTheFolderIsReported() throws {
        try Data([1]).write(to: URL(fileURLWithPath: root))
        let error = #expect(throws: LonghaulError.self) { _ = try FileArtifactStore(path: root) }
        #expect(error?.code == .unavailable)
        #expect(error?.detail.contains(root) == true)
    }
}
