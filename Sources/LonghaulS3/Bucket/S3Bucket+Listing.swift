import FoundationEssentials
import LonghaulAWS
import LonghaulCore
import LonghaulHTTP

/// Lists of objects and of unfinished uploads, and the removal of many objects.
extension S3Bucket {
    /// An object of a list.
    struct Item: Sendable {
        var key: String
        var sizeBytes: Int64
    }

    /// An unfinished multipart upload.
    struct Upload: Sendable, Hashable {
        var key: String
        var id: String
        var startedAt: Timestamp
    }

    /// The maximum number of objects of a page, and of one removal.
    static let pageSize = 1000

    /// Passes the objects whose keys begin with `prefix` to `body`, page by page, in the order of their keys.
    func forEachPage(_ prefix: String, _ body: ([Item]) async throws -> Void) async throws {
        var token: String?
        repeat {
            var request = bucketRequest("ListBucket")
            request.query = [("list-type", "2"), ("prefix", prefix), ("max-keys", "\(Self.pageSize)")]
            if let token { request.query.append(("continuation-token", token)) }
            let root = try await document(request).root
            let items = root.all("Contents").compactMap { entry in
                entry.text(of: "Key").map {
                    Item(key: $0, sizeBytes: entry.text(of: "Size").flatMap { Int64($0) } ?? 0)
                }
            }
            if !items.isEmpty { try await body(items) }
            let next = root.text(of: "IsTruncated") == "true" ? root.text(of: "NextContinuationToken") : nil
            guard next == nil || next != token else { throw incompleteList(request) }
            token = next
        } while token != nil
    }

    /// Passes the unfinished uploads of keys that begin with `prefix` to `body`, page by page.
    func forEachUploadPage(_ prefix: String, _ body: ([Upload]) async throws -> Void) async throws {
        var marker: (key: String, id: String)?
        repeat {
            var request = bucketRequest("ListBucketMultipartUploads")
            request.query = [("uploads", ""), ("prefix", prefix), ("max-uploads", "\(Self.pageSize)")]
            if let marker { request.query += [("key-marker", marker.key), ("upload-id-marker", marker.id)] }
            let root = try await document(request).root
            let uploads = root.all("Upload").compactMap { entry -> Upload? in
                guard let key = entry.text(of: "Key"), let id = entry.text(of: "UploadId"),
                    let start = entry.text(of: "Initiated").flatMap({ Timestamp(rfc3339: $0) })
                else { return nil }
                return Upload(key: key, id: id, startedAt: start)
            }
            if !uploads.isEmpty { try await body(uploads) }
            guard root.text(of: "IsTruncated") == "true" else { return }
            let next = (root.text(of: "NextKeyMarker") ?? "", root.text(of: "NextUploadIdMarker") ?? "")
            guard !next.0.isEmpty, marker.map({ $0 != next }) ?? true else { throw incompleteList(request) }
            marker = next
        } while true
    }

    private func incompleteList(_ request: AWSRequest) -> AWSError {
        AWSError(.unavailable, "\(request.action) on \(request.resource) returned the same page again")
    }

    /// Removes all objects whose keys begin with `prefix`.
    func deleteAll(_ prefix: String) async throws {
        try await forEachPage(prefix) { items in try await delete(items.map(\.key)) }
    }

    /// Removes objects, at most ``pageSize``.
    func delete(_ keys: [String]) async throws(AWSError) {
        let objects = keys.map { "<Object><Key>\($0.escapedForXML)</Key></Object>" }.joined()
        var request = bucketRequest("DeleteObject", "POST")
        request.query = [("delete", "")]
        request.body = Array(
            "<Delete xmlns=\"\(Self.namespace)\"><Quiet>true</Quiet>\(objects)</Delete>".utf8)
        request.headers["Content-Type"] = "application/xml"
        request.headers["x-amz-checksum-sha256"] = Data(SHA256.digest(request.body)).base64EncodedString()
        let sent = request
        _ = try await send(request) { response in
            guard let error = XMLElement(parsing: response.body)?.first("Error"),
                let code = error.text(of: "Code")
            else { return nil }
            return AWSError(code: code, message: error.text(of: "Message"), status: 403, to: sent)
        }
    }

    static let namespace = "http://s3.amazonaws.com/doc/2006-03-01/"
}

extension String {
    /// The text of an XML element.
    var escapedForXML: String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "'": text += "&apos;"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
