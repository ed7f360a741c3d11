import LonghaulCore
import LonghaulFiles
import LonghaulJSON
import LonghaulSQLite

extension Commands {
    static let backup = Command(
        name: "backup", summary: "Copies a store, and optionally its files, while a server uses it.",
        options: [Options.store, Options.to, Options.artifacts, Options.artifactsTo, Options.json],
        notes: [
            "The copy contains every job that was acknowledged before the copy began. It is verified before it appears.",
            "To restore a copy, stop the server and replace the old files by the copied ones.",
        ]
    ) { invocation in
        guard let target = try invocation.value(Options.to) else {
            throw UsageError("--to is missing: the path of the copy", command: "backup")
        }
        let store = try invocation.storeFile()
        let copy = try await RunError.wrapping { try await StoreBackup.make(of: store, to: target) }
        var files: ArtifactBackup?
        if let folder = try invocation.value(Options.artifactsTo) {
            let artifacts = try invocation.artifactFolder()
            files = try await RunError.wrapping {
                try await ArtifactBackup.make(of: artifacts, namedIn: target, to: folder)
            }
        }
        try report(copy, files, target: target, asJSON: try invocation.value(Options.json))
        return .done
    }

    private static func report(
        _ copy: StoreBackup, _ files: ArtifactBackup?, target: String, asJSON: Bool
    ) throws {
        if asJSON {
            return try Console.print(jsonObject: { writer in
                writer.field("file", target)
                writer.field("jobs", copy.jobs)
                writer.field("size_bytes", copy.sizeBytes)
                guard let files else { return }
                writer.field("artifacts", files.kept)
                writer.field("artifacts_missing", files.missing)
            })
        }
        try Console.print("\(target): \(copy.jobs) jobs, \(copy.sizeBytes) bytes")
        guard let files else { return }
        try Console.print("\(files.kept) artifacts")
        if files.missing > 0 { Console.note("\(files.missing) artifacts were removed during the copy") }
    }
}

/// A copy of the files of a store's jobs.
private struct ArtifactBackup {
    /// The number of copied files.
    var kept = 0
    /// The number of files that were removed during the copy.
    var missing = 0

    /// Copies the files of the store at `source` that belong to the jobs of the database at `copy`.
    static func make(of source: String, namedIn copy: String, to target: String) async throws
        -> ArtifactBackup
    {
        guard Files.exists(source) else { throw RunError("there are no artifacts at \(source)") }
        let from = try FileArtifactStore(path: source)
        let into = try FileArtifactStore(path: target)
        let list = try StoreDoctor(path: copy, repairs: false)
        var backup = ArtifactBackup()
        do {
            try await list.forEachArtifact { artifact in
                if try await into.adopt(artifact.folder, name: artifact.name, from: from) {
                    backup.kept += 1
                } else {
                    backup.missing += 1
                }
            }
        } catch {
            await list.close()
            throw error
        }
        await list.close()
        return backup
    }
}

extension StoreDoctor {
    /// Calls `body` with each file that the store records.
    func forEachArtifact(_ body: (StoreArtifact) async throws -> Void) async throws {
        var place: StoreArtifact.Place?
        while true {
            let page = try await artifacts(after: place, limit: 500)
            for artifact in page { try await body(artifact) }
            guard let last = page.last else { return }
            place = last.place
        }
    }
}

extension RunError {
    /// Runs `body` and converts a ``LonghaulError`` to a failure of the command, because it does not come from a server.
    static func wrapping<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as LonghaulError {
            throw RunError(error.detail)
        }
    }
}
