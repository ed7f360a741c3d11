import LonghaulCore
import LonghaulFiles
import LonghaulJSON
import LonghaulPostgres
import LonghaulSQLite

extension Commands {
    static let doctor = Command(
        name: "doctor",
        summary: "Checks a store and its files, and repairs the problems whose repair is safe.",
        options: [Options.store, Options.storeFile, Options.artifacts, Options.fix, Options.json],
        notes: [
            "It can check while servers are running. Stop all servers before a repair with --fix.",
            "The exit code is 1 if problems remain.",
        ]
    ) { invocation in
        let repairs = try invocation.value(Options.fix)
        let diagnoses = try await RunError.wrapping {
            try await Examination(
                store: try invocation.backend(Options.store, orIn: Options.storeFile),
                artifacts: try invocation.value(Options.artifacts), repairs: repairs
            ).run()
        }
        let left = diagnoses.reduce(0) { $0 + $1.left }
        if try invocation.value(Options.json) {
            try Console.print(jsonObject: { writer in
                writer.field("problems", left)
                writer.array("checks") { writer in
                    for diagnosis in diagnoses { diagnosis.write(to: &writer) }
                }
            })
        } else {
            var table = Table([
                .init(title: "CHECK"), .init(title: "FOUND", isNumber: true),
                .init(title: "REPAIRED", isNumber: true), .init(title: "RESULT"), .init(title: "EXAMPLE"),
            ])
            try Console.print(table.lines(diagnoses.map(row)).joined(separator: "\n"))
        }
        return left == 0 ? .done : .failed
    }

    private static func row(_ diagnosis: StoreDiagnosis) -> [Table.Cell] {
        let result: Table.Cell =
            diagnosis.found == 0
            ? .init("ok", .green) : diagnosis.left == 0 ? .init("repaired", .yellow) : .init("problem", .red)
        return [
            .init(diagnosis.check), .init("\(diagnosis.found)"), .init("\(diagnosis.repaired)"), result,
            .init(diagnosis.example ?? ""),
        ]
    }
}

extension StoreDiagnosis {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("check", check)
            writer.field("found", found)
            writer.field("repaired", repaired)
            writer.field("example", example)
        }
    }
}

/// Checks and repairs a store.
private protocol Doctor: Sendable {
    func examine() async throws -> [StoreDiagnosis]
    func forEachArtifact(
        _ body: (_ folder: ArtifactFolder, _ name: String, _ sizeBytes: Int64) async throws -> Void
    ) async throws
    func artifactOwners(_ attempts: [ArtifactFolder]) async throws -> [ArtifactFolder: ArtifactOwner]
    /// The files of the store whose mode lets other users read or write them.
    func modes() -> StoreDiagnosis
    func close() async
}

extension PostgresDoctor: Doctor {
    /// A database has no files to check.
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

/// Checks a store and the files of its jobs.
private struct Examination {
    let store: BackendURL
    let artifacts: BackendURL
    let repairs: Bool

    private func makeDoctor() async throws -> any Doctor {
        guard store.scheme == "postgres" else { return try StoreDoctor(path: store.place, repairs: repairs) }
        let (url, options) = try PostgresStoreOptions.separate(store.text)
        return try await PostgresDoctor.open(url: url, options: options, repairs: repairs)
    }

    func run() async throws -> [StoreDiagnosis] {
        let doctor = try await makeDoctor()
        do {
            var diagnoses = try await doctor.examine()
            diagnoses.append(try await modes(doctor))
            if diagnoses.count > 2, hasArtifacts {
                let files = try await OpenArtifacts(artifacts, isReadOnly: !repairs)
                do {
                    diagnoses.append(try await missingFiles(doctor, files.store))
                    diagnoses.append(try await strayFiles(doctor, files.store))
                } catch {
                    await files.close()
                    throw error
                }
                await files.close()
            }
            await doctor.close()
            return diagnoses
        } catch {
            await doctor.close()
            throw error
        }
    }

    /// Whether there is an artifact store to check. A folder that does not exist is not created.
    private var hasArtifacts: Bool { artifacts.scheme == "s3" || Files.exists(artifacts.place) }

    /// Checks the modes of files and folders.
    private func modes(_ doctor: any Doctor) async throws -> StoreDiagnosis {
        var diagnosis = doctor.modes()
        guard artifacts.scheme == "file", hasArtifacts else { return diagnosis }
        let open = try await FileArtifactStore(path: artifacts.place).openPaths(repairs: repairs)
        diagnosis.found += open.count
        diagnosis.repaired += repairs ? open.count : 0
        diagnosis.example = diagnosis.example ?? open.first.map(StoreDiagnosis.openPath)
        return diagnosis
    }

    /// Finds missing files of jobs. They cannot be repaired.
    private func missingFiles(_ doctor: any Doctor, _ files: any ArtifactInventory) async throws
        -> StoreDiagnosis
    {
        var diagnosis = StoreDiagnosis(check: "artifacts", found: 0, example: nil)
        try await doctor.forEachArtifact { folder, name, sizeBytes in
            if try await size(of: name, in: folder, files) == sizeBytes { return }
            // A running server may just have removed the job.
            guard case .completed(let names)? = try await doctor.artifactOwners([folder])[folder],
                names.contains(name)
            else { return }
            diagnosis.found += 1
            diagnosis.example =
                diagnosis.example ?? "the file \(name) of job \(folder.jobID) is missing or has a wrong size"
        }
        return diagnosis
    }

    private func size(
        of name: String, in folder: ArtifactFolder, _ files: any ArtifactInventory
    ) async throws -> Int64? {
        do {
            return try await files.locate(folder, name: name).sizeBytes
        } catch let error as LonghaulError where error.code == .notFound {
            return nil
        }
    }

    /// Finds files that belong to no attempt.
    private func strayFiles(_ doctor: any Doctor, _ files: any ArtifactInventory) async throws
        -> StoreDiagnosis
    {
        var diagnosis = StoreDiagnosis(check: "files", found: 0, example: nil)
        try await files.inspect { folders in
            let owners = try await doctor.artifactOwners(folders.map(\.folder))
            for (folder, present) in folders {
                for name in present.keys.sorted() where owners[folder]?.keeps(name) != true {
                    diagnosis.found += 1
                    diagnosis.example =
                        diagnosis.example ?? "the file \(name) of job \(folder.jobID) belongs to no attempt"
                    guard repairs else { continue }
                    try await files.remove(folder, name: name)
                    diagnosis.repaired += 1
                }
            }
        }
        if repairs { _ = try await files.sweep { try await doctor.artifactOwners($0) } }
        return diagnosis
    }
}
