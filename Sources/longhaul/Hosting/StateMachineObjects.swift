import Foundation
import LonghaulCore
import LonghaulEngine
import LonghaulExecutions
import LonghaulS3

/// The objects of maps: the artifacts of jobs, and objects of the buckets that the operator allows.
struct StateMachineObjects: MapObjects {
    private let engine: Engine
    private let buckets: S3Objects
    private let allowed: Set<String>

    /// - Parameters:
    ///   - allowed: the names of buckets; `*` for any.
    ///   - region: the region of the buckets, if the environment names none.
    init(engine: Engine, allowed: [String], region: String) {
        self.engine = engine
        self.allowed = Set(allowed)
        buckets = S3Objects(region: region)
    }

    private func check(_ bucket: String) throws(MapObjectError) {
        guard !allowed.contains(bucket), !allowed.contains("*") else { return }
        throw MapObjectError(
            "This server does not use the bucket \(bucket.prefix(100)). Allow it with --map-buckets.")
    }

    private func translating<Value>(_ call: () async throws -> Value) async throws -> Value {
        do {
            return try await call()
        } catch let error as LonghaulError {
            throw MapObjectError(error.detail, isTransient: error.isTransient)
        }
    }

    func close() async { await buckets.close() }

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
        try check(bucket)
        return try await translating {
            let content = try await buckets.content(bucket: bucket, key: key)
            return ReaderContent(read: try await content.open(0..<content.sizeBytes))
        }
    }

    func list(bucket: String, prefix: String, after key: String?) async throws -> [MapObject] {
        try check(bucket)
        return try await translating {
            try await buckets.list(bucket: bucket, prefix: prefix, after: key).map {
                MapObject(
                    key: $0.key, etag: $0.tag, size: $0.sizeBytes,
                    modifiedAt: $0.modifiedAt.milliseconds / 1000)
            }
        }
    }

    func write(bucket: String, key: String, _ bytes: [UInt8], contentType: String) async throws {
        try check(bucket)
        try await translating { try await buckets.put(bucket: bucket, key: key, bytes) }
    }

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
