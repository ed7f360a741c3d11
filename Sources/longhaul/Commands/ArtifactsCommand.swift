import LonghaulClient
import LonghaulCore

extension Commands {
    static let artifacts = Command(
        name: "artifacts", summary: "Lists or downloads the files of a job.",
        arguments: [.job],
        options: [Options.download, Options.json] + Options.client,
        notes: ["A file of the same name in the folder is replaced atomically."]
    ) { invocation in
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
