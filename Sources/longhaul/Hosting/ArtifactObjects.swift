import Foundation
import LonghaulCore
import LonghaulEngine
import LonghaulExecutions

/// The objects of maps: the artifacts of jobs.
struct ArtifactObjects: MapObjects {
    let engine: Engine

    func openArtifact(_ name: String, of job: String) async throws -> any MapObjectContent {
        guard let id = JobID(job) else { throw MapObjectError("The JobId \(job.prefix(100)) is no job ID.") }
        do {
            switch try await engine.artifact(id, name: name).1 {
            case .file(let path, _): return try FileContent(path)
            case .content(let content):
                return ReaderContent(read: try await content.open(0..<content.sizeBytes))
            case .url: throw MapObjectError("The artifact \(name) cannot be read by this server.")
            }
        } catch let error as LonghaulError {
            throw MapObjectError(error.detail, isTransient: error.isTransient)
        }
    }

    func open(bucket: String, key: String) async throws -> any MapObjectContent {
        throw ArtifactObjects.noBuckets
    }

    func list(bucket: String, prefix: String, after key: String?) async throws -> [MapObject] {
        throw ArtifactObjects.noBuckets
    }

    func write(bucket: String, key: String, _ bytes: [UInt8], contentType: String) async throws {
        throw ArtifactObjects.noBuckets
    }

    private static let noBuckets = MapObjectError(
        "This server has no buckets. Read an artifact with arn:aws:states:::longhaul:getArtifact.")

    /// A file of this machine.
    private final class FileContent: MapObjectContent {
        private let handle: FileHandle
        private static let pieceBytes = 256 << 10

        init(_ path: String) throws {
            guard let handle = FileHandle(forReadingAtPath: path) else {
                throw MapObjectError("The file of the artifact cannot be read.")
            }
            self.handle = handle
        }

        func next() async throws -> [UInt8]? {
            do {
                let data = try handle.read(upToCount: Self.pieceBytes)
                return data.flatMap { $0.isEmpty ? nil : Array($0) }
            } catch {
                throw MapObjectError("The file of the artifact cannot be read: \(error)")
            }
        }
    }

    /// A file that the artifact store reads.
    private struct ReaderContent: MapObjectContent {
        let read: @Sendable () async throws -> [UInt8]?

        func next() async throws -> [UInt8]? {
            do {
                return try await read()
            } catch let error as LonghaulError {
                throw MapObjectError(error.detail, isTransient: error.isTransient)
            }
        }
    }
}
