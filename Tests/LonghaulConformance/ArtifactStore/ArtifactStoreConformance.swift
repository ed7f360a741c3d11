public import LonghaulCore
import Testing

/// The requirements of ``ArtifactStore``. The test of a driver calls ``run()`` with an empty store.
public struct ArtifactStoreConformance {
    private let store: any ArtifactStore
    /// Reads a file of the store.
    private let read: (ArtifactLocation) async throws -> [UInt8]

    /// A suite over an empty store.
    ///
    /// - Parameter read: reads the file at a location.
    public init(
        store: any ArtifactStore, read: @escaping (ArtifactLocation) async throws -> [UInt8]
    ) {
        self.store = store
        self.read = read
    }

    /// Runs every check.
    public func run() async throws {
        try await store.checkReady()
        try await returnsStoredBytes()
        try await replacesAtomically()
        try await streamsLargeFiles()
        try await rejectsInvalidNames()
        try await failedWritesLeaveNoFile()
        try await separatesFences()
        try await removes()
        try await sweeps()
    }

    private func folder(_ job: UInt64, _ fence: Int = 1) -> ArtifactFolder {
        ArtifactFolder(jobID: JobID(high: job, low: job), fence: fence)
    }

    private func put(
        _ folder: ArtifactFolder, _ name: String, _ pieces: [[UInt8]], maxBytes: Int64 = 1 << 30
    ) async throws -> StoredFile {
        var rest = pieces[...]
        return try await store.put(folder, name: name, maxBytes: maxBytes) { rest.popFirst() }
    }

    private func contents(_ folder: ArtifactFolder, _ name: String) async throws -> [UInt8] {
        try await read(try await store.locate(folder, name: name))
    }

    private func expectMissing(_ folder: ArtifactFolder, _ name: String) async {
        let error = await #expect(throws: LonghaulError.self) {
            try await store.locate(folder, name: name)
        }
        #expect(error?.code == .notFound)
    }

    private func returnsStoredBytes() async throws {
        for name in ["a.txt", "ümläut 日本.bin", String(repeating: "n", count: 200), "a..b"] {
            let file = try await put(folder(1), name, [Array("abc".utf8), [], Array("def".utf8)])
            #expect(file.sizeBytes == 6)
            #expect(file.sha256 == "bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721")
            #expect(try await contents(folder(1), name) == Array("abcdef".utf8))
        }
        let empty = try await put(folder(1), "empty", [])
        #expect(empty.sizeBytes == 0)
        #expect(try await contents(folder(1), "empty").isEmpty)
    }

    private func replacesAtomically() async throws {
        _ = try await put(folder(2), "f", [[1, 2, 3]])
        _ = try await put(folder(2), "f", [[4]])
        #expect(try await contents(folder(2), "f") == [4])
    }

    private func streamsLargeFiles() async throws {
        let piece = [UInt8](repeating: 7, count: 1 << 20)
        let file = try await put(folder(3), "large", Array(repeating: piece, count: 32))
        #expect(file.sizeBytes == 32 << 20)
        #expect(try await contents(folder(3), "large").count == 32 << 20)
    }

    private func rejectsInvalidNames() async throws {
        let names = [
            "", ".", "..", "../x", "a/b", "/a", "a\\b", "a\0b", "a\nb", " a", ".hidden",
            String(repeating: "n", count: 201),
        ]
        for name in names {
            let error = await #expect(throws: LonghaulError.self, "\(name)") {
                _ = try await put(folder(4), name, [[1]])
            }
            #expect(error?.code == .invalidRequest)
            await expectMissing(folder(4), name)
        }
    }

    private struct SourceBroke: Error {}

    private func failedWritesLeaveNoFile() async throws {
        let error = await #expect(throws: LonghaulError.self) {
            _ = try await put(folder(5), "big", [[1, 2], [3]], maxBytes: 2)
        }
        #expect(error?.code == .payloadTooLarge)
        await expectMissing(folder(5), "big")
        _ = try await put(folder(5), "kept", [[1, 2]], maxBytes: 2)
        await #expect(throws: SourceBroke.self) {
            var given = false
            _ = try await store.put(folder(5), name: "kept", maxBytes: 10) {
                guard !given else { throw SourceBroke() }
                given = true
                return [9]
            }
        }
        #expect(try await contents(folder(5), "kept") == [1, 2])
    }

    private func separatesFences() async throws {
        _ = try await put(folder(6, 1), "f", [[1]])
        _ = try await put(folder(6, 2), "f", [[2]])
        #expect(try await contents(folder(6, 1), "f") == [1])
        #expect(try await contents(folder(6, 2), "f") == [2])
        try await store.remove(folder(6, 1))
        await expectMissing(folder(6, 1), "f")
        #expect(try await contents(folder(6, 2), "f") == [2])
    }

    private func removes() async throws {
        _ = try await put(folder(7, 1), "f", [[1]])
        _ = try await put(folder(7, 1), "g", [[1]])
        _ = try await put(folder(7, 2), "f", [[1]])
        try await store.remove(folder(7, 1), name: "f")
        await expectMissing(folder(7, 1), "f")
        #expect(try await contents(folder(7, 1), "g") == [1])
        try await store.removeAll(of: folder(7).jobID)
        await expectMissing(folder(7, 1), "g")
        await expectMissing(folder(7, 2), "f")
        // Removing a missing file or folder succeeds.
        try await store.remove(folder(7, 1), name: "f")
        try await store.remove(folder(7, 1))
        try await store.removeAll(of: folder(7).jobID)
    }

    private func sweeps() async throws {
        let running = folder(8, 2)
        let completed = folder(9, 1)
        _ = try await put(folder(8, 1), "orphan", [[1]])
        _ = try await put(running, "kept", [[2]])
        _ = try await put(completed, "kept", [[3]])
        _ = try await put(completed, "stray", [[3]])
        for job in 100..<500 { _ = try await put(folder(UInt64(job)), "orphan", [[1]]) }
        var asked: Set<ArtifactFolder> = []
        let removed = try await store.sweep { folders in
            asked.formUnion(folders)
            return [running: .running, completed: .completed(files: ["kept", "missing"])]
        }
        #expect(removed >= 401)
        #expect(asked.contains(running) && asked.contains(folder(8, 1)) && asked.contains(folder(499)))
        #expect(try await contents(running, "kept") == [2])
        #expect(try await contents(completed, "kept") == [3])
        await expectMissing(completed, "stray")
        await expectMissing(folder(8, 1), "orphan")
        await expectMissing(folder(300), "orphan")
        #expect(try await store.sweep { asAllRunning($0) } == 0)
    }
}

/// The owners of folders whose attempts are all running, so that a sweep keeps everything.
public func asAllRunning(_ folders: [ArtifactFolder]) -> [ArtifactFolder: ArtifactOwner] {
    Dictionary(folders.map { ($0, .running) }, uniquingKeysWith: { $1 })
}
