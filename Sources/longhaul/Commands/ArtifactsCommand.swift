import LonghaulClient
import LonghaulCore
import LonghaulJSON

extension Commands {
    static let artifacts = Command(
        name: "artifacts", summary: "Lists or downloads the files of a job, or copies an artifact store.",
        arguments: [Argument(name: "ID", help: "The ID of the job, or copy to copy all files of a store.")],
        options: [Options.download, Options.copyFrom, Options.copyTo, Options.json] + Options.client,
        notes: [
            "A file of the same name in the folder is replaced atomically.",
            "copy --from URL --to URL copies every file that the target lacks. A server may use both stores. Copy, start the "
                + "servers with the new --artifacts, and copy again.",
        ]
    ) { invocation in
        if invocation.argument(0) == "copy" { return try await copy(invocation) }
        let id = try invocation.read(0, as: .jobID)
        let folder = try invocation.value(Options.download)
        let job = try await invocation.withClient { client in
            let job = try await client.job(id)
            if let folder { try await download(job, to: folder, client) }
            return job
        }
        if try invocation.value(Options.json) {
            try Console.print(jsonItems: { writer in
                for artifact in job.artifacts { artifact.write(to: &writer, of: id) }
            })
        } else if folder == nil {
            var table = Table([
                .init(title: "NAME"), .init(title: "SIZE", isNumber: true), .init(title: "TYPE"),
                .init(title: "SHA-256"),
            ])
            let rows = job.artifacts.map { artifact -> [Table.Cell] in
                [
                    .init(artifact.name), .init(Format.size(artifact.sizeBytes)), .init(artifact.contentType),
                    .init(artifact.sha256),
                ]
            }
            try Console.print(table.lines(rows).joined(separator: "\n"))
        } else {
            for artifact in job.artifacts {
                try Console.print(path(of: artifact, in: folder ?? "").printable)
            }
        }
        return .done
    }

    private static func copy(_ invocation: Invocation) async throws -> ExitCode {
        guard let from = try invocation.value(Options.copyFrom), let to = try invocation.value(Options.copyTo)
        else {
            throw UsageError(
                "copy needs --from and --to: the artifact store to copy from, and the one to copy to",
                command: "artifacts")
        }
        guard from.scheme == "s3" || Files.exists(from.place) else {
            throw RunError("there are no artifacts at \(from)")
        }
        let source = try await open(from, isReadOnly: true)
        let target = try await open(to, isReadOnly: false)
        let outcome: ArtifactCopy.Outcome
        do {
            outcome = try await RunError.wrapping {
                try await ArtifactCopy(source: source.store, target: target.store).run { outcome in
                    Console.note(text(outcome))
                }
            }
        } catch {
            await source.close()
            await target.close()
            throw error
        }
        await source.close()
        await target.close()
        try report(outcome, asJSON: try invocation.value(Options.json))
        if outcome.isEmpty { Console.note("there are no artifacts at \(from)") }
        return .done
    }

    private static func open(_ url: BackendURL, isReadOnly: Bool) async throws -> OpenArtifacts {
        do {
            return try await OpenArtifacts(url, isReadOnly: isReadOnly)
        } catch {
            throw RunError("cannot open \(url): \(error.detail)")
        }
    }

    private static func report(_ outcome: ArtifactCopy.Outcome, asJSON: Bool) throws {
        guard !asJSON else {
            return try Console.print(jsonObject: { writer in
                writer.field("copied", outcome.copied)
                writer.field("present", outcome.present)
                writer.field("missing", outcome.missing)
                writer.field("size_bytes", outcome.bytes)
            })
        }
        try Console.print(text(outcome))
        if outcome.missing > 0 { Console.note("\(outcome.missing) files were removed during the copy") }
    }

    private static func text(_ outcome: ArtifactCopy.Outcome) -> String {
        "\(outcome.copied) files copied (\(Format.size(outcome.bytes))), \(outcome.present) already there"
    }

    private static func download(_ job: Job, to folder: String, _ client: LonghaulClient) async throws {
        // The names come from the server and must not lead out of the folder.
        for artifact in job.artifacts {
            if let fault = ArtifactName.fault(in: artifact.name) {
                throw RunError(
                    "the artifact name \"\(artifact.name)\" from the server is invalid: \(fault); nothing was downloaded"
                )
            }
        }
        try Files.makeFolder(folder)
        for artifact in job.artifacts {
            try await client.download(job.id, artifact: artifact.name, to: path(of: artifact, in: folder))
        }
    }

    private static func path(of artifact: Artifact, in folder: String) -> String {
        (folder.hasSuffix("/") ? folder : folder + "/") + artifact.name
    }
}
