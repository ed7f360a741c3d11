import LonghaulAWS
import LonghaulCore

/// An object that is being written from a stream of bytes.
///
/// A small object is one request. A larger one is a multipart upload: while a part is sent, the next one is filled. So at
/// most two parts are in memory. One task uses it, one call at a time.
final class ObjectUpload {
    /// The maximum number of parts that S3 accepts.
    static let maxParts = 10_000

    private let bucket: S3Bucket
    private let key: String
    private let partBytes: Int
    /// Identifies the upload in the object, and in the list of uploads of this process.
    private let mark: String
    private let running: RunningUploads
    private let hash = SHA256()
    private var sizeBytes: Int64 = 0
    private var part: [UInt8] = []
    private var uploadID: String?
    private var parts: [S3Bucket.Part] = []
    private var sending: Task<Result<S3Bucket.Part, AWSError>, Never>?

    init(_ bucket: S3Bucket, key: String, partBytes: Int, mark: String, running: RunningUploads) {
        self.bucket = bucket
        self.key = key
        self.partBytes = partBytes
        self.mark = mark
        self.running = running
    }

    /// Stores the bytes that `next` returns, until it returns nil. When the call returns, the object is complete and durable.
    /// If it throws, it has removed the parts, as far as the service answers.
    ///
    /// - Throws: ``AWSError`` if the service does not store them; `payload_too_large` beyond `maxBytes`; the errors of `next`.
    func store(maxBytes: Int64, next: () async throws -> [UInt8]?) async throws -> StoredFile {
        do {
            while let bytes = try await next() {
                guard sizeBytes + Int64(bytes.count) <= maxBytes else {
                    throw LonghaulError(.payloadTooLarge, "the file has more than \(maxBytes) bytes")
                }
                try await append(bytes)
            }
            return try await finish()
        } catch {
            await abort()
            throw error
        }
    }

    /// Adds bytes.
    ///
    /// The error has no type here, because an optimized build with Swift 6.3.1 does not compile ``store(maxBytes:next:)`` otherwise.
    private func append(_ bytes: [UInt8]) async throws {
        hash.update(bytes)
        sizeBytes += Int64(bytes.count)
        var rest = bytes[...]
        while !rest.isEmpty {
            // A full part is sent when more bytes follow, so the last part is never empty.
            if part.count == partBytes { try await sendPart() }
            if part.count >= 256 * 1024 { part.reserveCapacity(partBytes) }
            let piece = rest.prefix(partBytes - part.count)
            part.append(contentsOf: piece)
            rest = rest.dropFirst(piece.count)
        }
    }

    /// Stores the rest.
    private func finish() async throws -> StoredFile {
        if uploadID == nil {
            try await bucket.put(key, part)
        } else {
            try await sendPart()
            try await receivePart()
            if let uploadID {
                try await bucket.completeUpload(key, upload: uploadID, mark: mark, parts)
                running.remove(uploadID)
            }
        }
        return StoredFile(sizeBytes: sizeBytes, sha256: SHA256.hexadecimal(hash.finish()))
    }

    /// Removes the parts of an upload that has failed. Also if the task is cancelled; the sweep removes what is left
    /// after an error.
    private func abort() async {
        sending?.cancel()
        _ = await sending?.value
        guard let uploadID else { return }
        let (bucket, key) = (bucket, key)
        await Task { try? await bucket.abortUpload(key, upload: uploadID) }.value
        running.remove(uploadID)
    }

    /// Sends the filled part, after the one before it has arrived.
    private func sendPart() async throws(AWSError) {
        let body = part
        part = []
        try await receivePart()
        let upload: String
        if let uploadID {
            upload = uploadID
        } else {
            upload = try await bucket.startUpload(key, mark: mark)
            running.add(upload)
            uploadID = upload
        }
        let (bucket, key, number) = (bucket, key, parts.count + 1)
        sending = Task {
            do throws(AWSError) {
                return .success(try await bucket.uploadPart(key, upload: upload, number: number, body))
            } catch {
                return .failure(error)
            }
        }
    }

    /// Waits for the part that is being sent.
    private func receivePart() async throws(AWSError) {
        guard let sending else { return }
        let result = await withTaskCancellationHandler {
            await sending.value
        } onCancel: {
            sending.cancel()
        }
        self.sending = nil
        parts.append(try result.get())
    }
}
