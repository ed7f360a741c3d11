import FoundationEssentials
import LonghaulCore

/// The paths of all files.
struct FileLayout: Sendable {
    /// The store's folder, as an absolute path.
    let root: String
    /// The folder of files that are being written.
    let temporary: String

    init(root: String) {
        let absolute =
            root.hasPrefix("/") ? root : FileManager.default.currentDirectoryPath + "/" + root
        self.root = absolute
        temporary = absolute + "/.tmp"
    }

    /// The folder of a job. Jobs are spread over 256 shards by the random end of their IDs.
    func path(of job: JobID) -> String {
        root + "/" + SHA256.hexadecimal([UInt8(truncatingIfNeeded: job.low)]) + "/" + job.description
    }

    /// The folder of an attempt.
    func path(of folder: ArtifactFolder) -> String {
        path(of: folder.jobID) + "/\(folder.fence)"
    }

    /// The existing shards.
    func shards() throws(LonghaulError) -> [String] {
        try DiskFolder.names(in: root).filter { $0.utf8.count == 2 }.map { root + "/" + $0 }
    }

    /// The attempts' folders in a shard. Files and folders with other names are ignored.
    func folders(inShard shard: String) throws(LonghaulError) -> [ArtifactFolder] {
        var folders: [ArtifactFolder] = []
        for name in try DiskFolder.names(in: shard) {
            guard let job = JobID(name) else { continue }
            for fence in try DiskFolder.names(in: shard + "/" + name) {
                if let fence = Int(fence) { folders.append(ArtifactFolder(jobID: job, fence: fence)) }
            }
        }
        return folders
    }
}
