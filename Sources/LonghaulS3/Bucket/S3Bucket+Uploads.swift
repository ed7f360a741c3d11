import FoundationEssentials
import LonghaulAWS
import LonghaulCore
import LonghaulHTTP

/// Multipart uploads.
extension S3Bucket {
    /// A stored part of an upload.
    struct Part: Sendable, Hashable {
        var number: Int
        var tag: String
        /// The SHA-256 of its bytes.
        var digest: [UInt8]
    }

    /// Starts an upload and returns its ID.
    ///
    /// - Parameter mark: a unique text, stored with the object.
    func startUpload(_ key: String, mark: String) async throws(AWSError) -> String {
        var request = creation("PutObject", "POST", key: key)
        request.query = [("uploads", "")]
        request.headers["x-amz-checksum-algorithm"] = "SHA256"
        request.headers[Self.markField] = mark
        // If the answer is lost, the sweep removes the upload that it would have named.
        guard let id = try await document(request).root.text(of: "UploadId") else {
            throw AWSError(.unavailable, "s3:PutObject on the bucket \"\(name)\" started no multipart upload")
        }
        return id
    }

    /// Stores a part. The service compares its bytes with their checksum.
    func uploadPart(_ key: String, upload: String, number: Int, _ body: [UInt8]) async throws(AWSError)
        -> Part
    {
        let digest = SHA256.digest(body)
        var request = request("PutObject", "PUT", key: key)
        request.query = [("partNumber", "\(number)"), ("uploadId", upload)]
        request.headers["x-amz-checksum-sha256"] = Data(digest).base64EncodedString()
        request.body = body
        request.payloadHash = SHA256.hexadecimal(digest)
        request.timeout = Self.bodyTimeout
        guard let tag = try await send(request).headers["ETag"] else {
            throw AWSError(.unavailable, "s3:PutObject on the bucket \"\(name)\" returned no ETag for a part")
        }
        return Part(number: number, tag: tag, digest: digest)
    }

    /// Joins the parts to the object.
    ///
    /// The service may report an error with the status 200. If it has executed the request and the answer was lost, a
    /// repetition finds no upload: then the object has the mark of the upload.
    func completeUpload(_ key: String, upload: String, mark: String, _ parts: [Part]) async throws(AWSError) {
        let list = parts.map { part in
            "<Part><PartNumber>\(part.number)</PartNumber><ETag>\(part.tag.escapedForXML)</ETag>"
                + "<ChecksumSHA256>\(Data(part.digest).base64EncodedString())</ChecksumSHA256></Part>"
        }
        var request = request("PutObject", "POST", key: key)
        request.query = [("uploadId", upload)]
        request.headers["Content-Type"] = "application/xml"
        request.body = Array(
            "<CompleteMultipartUpload xmlns=\"\(Self.namespace)\">\(list.joined())</CompleteMultipartUpload>"
                .utf8)
        // Joining many parts takes long, and no byte is transferred until it is done.
        request.timeout = .seconds(300)
        request.stallTimeout = .seconds(300)
        let sent = request
        let checksum = Data(SHA256.digest(parts.flatMap(\.digest))).base64EncodedString() + "-\(parts.count)"
        do throws(AWSError) {
            _ = try await send(request) { response in
                guard let root = XMLElement(parsing: response.body) else {
                    return AWSError(
                        .unavailable, "\(sent.action) on \(sent.resource) returned no XML document")
                }
                if root.name == "Error" {
                    return AWSError(
                        code: root.text(of: "Code") ?? "InternalError", message: root.text(of: "Message"),
                        status: 500,
                        to: sent)
                }
                // A service may compute the checksum of the whole object instead of that of the parts.
                guard let stored = root.text(of: "ChecksumSHA256"), stored.contains("-"), stored != checksum
                else {
                    return nil
                }
                return AWSError(
                    .rejected, "the object in the bucket \"\(self.name)\" has another checksum than its parts"
                )
            }
        } catch {
            guard error.code == "NoSuchUpload", try await head(key)?.uploadMark == mark else { throw error }
        }
    }

    /// Removes an unfinished upload and its parts, if it exists.
    func abortUpload(_ key: String, upload: String) async throws(AWSError) {
        var request = request("AbortMultipartUpload", "DELETE", key: key)
        request.query = [("uploadId", upload)]
        request.timeout = .seconds(20)
        request.maxAttempts = 3
        do throws(AWSError) {
            _ = try await send(request)
        } catch {
            guard error.kind == .missing && error.code != "NoSuchBucket" else { throw error }
        }
    }
}
