import Foundation
import LonghaulCore
import LonghaulWorker
public import LonghaulWorkflow

/// Encodes a video in pieces, side by side: splits it, encodes each piece in a child job, and joins the results.
///
/// The child jobs are programs (see `handlers.json5`). They pass large data as files, and the journal has only their
/// names.
public struct VideoPipeline: DurableJob {
    /// The payload.
    public struct Video: Codable, Sendable {
        /// The path of the video.
        var source: String
        /// A folder for the pieces and the result that all workers can reach.
        var folder: String
        /// The height of the result.
        var height: Int
    }

    /// The result.
    public struct Encoded: Codable, Sendable {
        var file: String
        var pieces: Int
    }

    struct Pieces: Codable {
        var pieces: [String]
    }

    struct File: Codable, Sendable {
        var file: String
    }

    struct Piece: Codable {
        var source: String
        var height: Int
    }

    struct Joining: Codable {
        var pieces: [String]
        var output: String
    }

    public static let kind = "video.pipeline"

    /// The pipeline.
    public init() {}

    public func run(_ video: Video, in flow: Flow) async throws -> Encoded {
        // How many child jobs there are is known only when the program has split the video.
        let split = try await flow.call(kind: "video.split", video, as: Pieces.self, configure: inQueue)
        flow.progress(10, "\(split.pieces.count) pieces")
        try await flow.compensate("remove pieces") { try Self.remove(split.pieces) }

        let encoded = try await flow.map("encode", split.pieces, concurrency: 2) { piece, flow in
            let request = Piece(source: piece, height: video.height)
            return try await flow.call(kind: "video.encode", request, as: File.self, configure: inQueue).file
        }
        flow.progress(90, "joining")
        let joining = Joining(pieces: encoded, output: "\(video.folder)/video-\(video.height)p.mp4")
        let result = try await flow.call(kind: "video.join", joining, as: File.self, configure: inQueue)
        try await flow.step("remove pieces") { try Self.remove(split.pieces + encoded) }
        return Encoded(file: result.file, pieces: encoded.count)
    }

    private static func remove(_ files: [String]) throws {
        for file in files where FileManager.default.fileExists(atPath: file) {
            try FileManager.default.removeItem(atPath: file)
        }
    }
}

/// The child jobs run where ffmpeg is installed.
private func inQueue(_ job: inout NewJob) {
    job.spec.queue = "video"
    job.spec.maxAttempts = 2
}
