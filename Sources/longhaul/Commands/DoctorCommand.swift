import LonghaulCore
import LonghaulFiles
import LonghaulJSON
import LonghaulPostgres
import LonghaulSQLite

extension Commands {
    static let doctor = Command(
        name: "doctor", summary: "Checks a store and its files, and repairs what it safely can.",
        options: [Options.store, Options.storeFile, Options.artifacts, Options.fix, Options.json],
        notes: [
            "It checks beside running servers. To repair, with --fix, it needs the store for itself: stop all servers first.",
            "The exit code is 1 if faults are left.",
        ]
    ) { invocation in
        let mends = try invocation.value(Options.fix)
        let diagnoses = try await RunError.wrapping {
            try await Examination(
                store: try invocation.backend(Options.store, orIn: Options.storeFile),
                artifacts: try invocation.value(Options.artifacts).place, mends: mends
            ).run()
        }
        let left = diagnoses.reduce(0) { $0 + $1.left }
        if try invocation.value(Options.json) {
            try Console.print(jsonObject: { writer in
                writer.field("faults", left)
                writer.array("checks") { writer in
                    for diagnosis in diagnoses { diagnosis.write(to: &writer) }
                }
            })
        } else {
            var table = Table([
                .init(title: "CHECK"), .init(title: "FOUND", isNumber: true),
                .init(title: "MENDED", isNumber: true), .init(title: "RESULT"), .init(title: "EXAMPLE"),
            ])
            try Console.print(table.lines(diagnoses.map(row)).joined(separator: "\n"))
        }
        return left == 0 ? .done : .failed
    }

    private static func row(_ diagnosis: StoreDiagnosis) -> [Table.Cell] {
        let result: Table.Cell =
            diagnosis.found == 0
            ? .init("ok", .green) : diagnosis.left == 0 ? .init("mended", .yellow) : .init("fault", .red)
        return [
            .init(diagnosis.check), .init("\(diagnosis.found)"), .init("\(diagnosis.mended)"), result,
            .init(diagnosis.example ?? ""),
        ]
    }
}

extension StoreDiagnosis {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("check", check)
            writer.field("found", found)
            writer.field("mended", mended)
            writer.field("example", example)
        }
    }
}

/// What examines a store.
private protocol Doctor: Sendable {
    func examine() async throws -> [StoreDiagnosis]
    func forEachArtifact(
        _ body: (_ folder: ArtifactFolder, _ name: String, _ sizeBytes: Int64) async throws -> Void
    ) async throws
    func files(of attempts: [ArtifactFolder]) async throws -> [ArtifactFolder: Set<String>?]
    /// Files of the store that other users may use.
    func modes() -> StoreDiagnosis
    func close() async
}

extension PostgresDoctor: Doctor {
    /// The database has no files of ours.
    fileprivate func modes() -> StoreDiagnosis { StoreDiagnosis(check: "modes", found: 0, example: nil) }
}

extension StoreDoctor: Doctor {
    fileprivate func forEachArtifact(
        _ body: (_ folder: ArtifactFolder, _ name: String, _ sizeBytes: Int64) async throws -> Void
    ) async throws {
        try await forEachArtifact { artifact in
            try await body(artifact.folder, artifact.name, artifact.sizeBytes)
        }
    }
}

/// One examination of a store and of the files of its jobs.
private struct Examination {
    let store: BackendURL
    let artifacts: String
    let mends: Bool

    private func makeDoctor() async throws -> any Doctor {
        guard store.scheme == "postgres" else { return try StoreDoctor(path: store.place, mends: mends) }
        let (url, options) = try PostgresStoreOptions.separate(store.text)
        return try await PostgresDoctor.open(url: url, options: options, repairs: mends)
    }

    func run() async throws -> [StoreDiagnosis] {
        let doctor = try await makeDoctor()
        do {
            var diagnoses = try await doctor.examine()
            diagnoses.append(try await modes(doctor))
            if diagnoses.count > 2, Files.exists(artifacts) {
                let files = try FileArtifactStore(path: artifacts)
                diagnoses.append(try await missingFiles(doctor, files))
                diagnoses.append(try await strayFiles(doctor, files))
            }
            await doctor.close()
            return diagnoses
        } catch {
            await doctor.close()
            throw error
        }
    }

    /// Files and folders that other users may use.
    private func modes(_ doctor: any Doctor) async throws -> StoreDiagnosis {
        var diagnosis = doctor.modes()
        guard Files.exists(artifacts) else { return diagnosis }
        let open = try await FileArtifactStore(path: artifacts).openPaths(repairs: mends)
        diagnosis.found += open.count
        diagnosis.mended += mends ? open.count : 0
        diagnosis.example = diagnosis.example ?? open.first.map(StoreDiagnosis.openPath)
        return diagnosis
    }

    /// Files that jobs should have and have not. Nothing brings them back.
    private func missingFiles(_ doctor: any Doctor, _ files: FileArtifactStore) async throws
        -> StoreDiagnosis
    {
        var diagnosis = StoreDiagnosis(check: "artifacts", found: 0, example: nil)
        try await doctor.forEachArtifact { folder, name, sizeBytes in
            if try await size(of: name, in: folder, files) == sizeBytes { return }
            // The job may have been removed a moment ago, by a server that runs.
            guard let names = try await doctor.files(of: [folder])[folder] ?? nil, names.contains(name) else {
                return
            }
            diagnosis.found += 1
            diagnosis.example =
                diagnosis.example ?? "the file \(name) of job \(folder.jobID) is missing or has a wrong size"
        }
        return diagnosis
    }

    private func size(
        of name: String, in folder: ArtifactFolder, _ files: FileArtifactStore
    ) async throws -> Int64? {
        do {
            guard case .file(_, let size) = try await files.locate(folder, name: name) else { return nil }
            return size
        } catch let error as LonghaulError where error.code == .notFound {
            return nil
        }
    }

    /// Files that belong to no attempt any more.
    private func strayFiles(_ doctor: any Doctor, _ files: FileArtifactStore) async throws -> StoreDiagnosis {
        var diagnosis = StoreDiagnosis(check: "files", found: 0, example: nil)
        try await files.inspect { folders in
            let owned = try await doctor.files(of: folders.map(\.folder))
            for (folder, present) in folders {
                // An attempt that runs may be writing them.
                if let names = owned[folder], names == nil { continue }
                let kept = (owned[folder] ?? nil) ?? []
                for name in present.keys.sorted() where !kept.contains(name) {
                    diagnosis.found += 1
                    diagnosis.example =
                        diagnosis.example ?? "the file \(name) of job \(folder.jobID) belongs to no attempt"
                    guard mends else { continue }
                    try await files.remove(folder, name: name)
                    diagnosis.mended += 1
                }
            }
        }
        if mends { _ = try await files.sweep { Set(try await doctor.files(of: $0).keys) } }
        return diagnosis
    }
}
