import LonghaulCore
import LonghaulFiles
import LonghaulJSON
import LonghaulSQLite

extension Commands {
    static let backup = Command(
        name: "backup", summary: "Copies a store, and its files if asked to, while a server works on it.",
        options: [Options.store, Options.to, Options.artifacts, Options.artifactsTo, Options.json],
        notes: [
            "The copy holds every job that was acknowledged before it began. It is checked before it is there.",
            "To go back to it, stop the server and put the files in the place of the old ones.",
        ]
    ) { invocation in
        guard let target = try invocation.value(Options.to) else {
            throw UsageError("--to is missing: the file that becomes the copy", command: "backup")
        }
        let store = try invocation.storeFile(for: "backup")
        let copy = try await RunError.wrapping { try await StoreBackup.make(of: store, to: target) }
        var files: ArtifactBackup?
        if let folder = try invocation.value(Options.artifactsTo) {
            let artifacts = try invocation.value(Options.artifacts).place
            files = try await RunError.wrapping {
                try await ArtifactBackup.make(of: artifacts, namedIn: target, to: folder)
            }
        }
        try tell(copy, files, target: target, asJSON: try invocation.value(Options.json))
        return .done
    }

    private static func tell(
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
        if files.missing > 0 { Console.note("\(files.missing) artifacts went while the copy was made") }
    }
}

/// The files that the jobs of a copied store have.
private struct ArtifactBackup {
    /// How many were copied.
    var kept = 0
    /// How many were not there any more.
    var missing = 0

    /// Copies the files of the store at `source` that belong to the jobs of the database at `copy`.
    static func make(of source: String, namedIn copy: String, to target: String) async throws
        -> ArtifactBackup
    {
        guard Files.exists(source) else { throw RunError("there are no artifacts at \(source)") }
        let from = try FileArtifactStore(path: source)
        let into = try FileArtifactStore(path: target)
        let list = try StoreDoctor(path: copy, mends: false)
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
    /// Gives each file that a job has by the store's word to `body`.
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
    /// Runs a body whose refusals are the command's own failures, not a server's.
    static func wrapping<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as LonghaulError {
            throw RunError(error.detail)
        }
    }
}
