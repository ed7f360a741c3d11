import LonghaulCore
import LonghaulStore

/// The artifacts that the store knows.
extension JobLoader {
    private static let kept = Query(
        """
        SELECT artifacts.seq, artifacts.name, artifacts.size_bytes, jobs.id, jobs.fence FROM artifacts
        JOIN jobs ON jobs.seq = artifacts.seq AND jobs.fence = artifacts.fence
        WHERE jobs.state = 5 AND (artifacts.seq, artifacts.name) > (?1, ?2)
        ORDER BY artifacts.seq, artifacts.name LIMIT ?3
        """)

    func keptArtifacts(after place: StoreArtifact.Place?, limit: Int) throws -> [StoreArtifact] {
        try connection.all(Self.kept, .integer(place?.seq ?? -1), .text(place?.name ?? ""), .int(limit)) {
            row in
            StoreArtifact(
                folder: ArtifactFolder(jobID: JobID(bytes: row.blob(3)), fence: row.int(4)),
                name: row.text(1),
                sizeBytes: row.int64(2), place: .init(seq: row.int64(0), name: row.text(1)))
        }
    }
}
