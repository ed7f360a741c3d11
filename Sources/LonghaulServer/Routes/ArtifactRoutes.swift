import LonghaulCore
import LonghaulEngine
import LonghaulHTTP

/// `GET /v1/jobs/{id}/artifacts/{name}`: the file, whole or in part.
struct ArtifactRoutes: RouteGroup {
    let context: APIContext

    var routes: [Route] {
        [
            Route(
                method: "GET", pattern: "/v1/jobs/{id}/artifacts/{name}", operation: "getArtifact",
                tag: .artifacts,
                access: .scope(.jobsRead),
                summary: "A file of the job. Range requests are supported.",
                description: """
                    `Range` and `If-Range` are supported. 303 leads to a signed URL where the artifact store \
                    gives one.
                    """,
                headers: [.range, .ifNoneMatch],
                query: [
                    QueryParameter(
                        name: "redirect",
                        description:
                            "false to get the bytes from this server, also if the artifact store has presigned URLs.",
                        schema: .boolean)
                ],
                answers: [200: .binary, 206: .binary, 303: .nothing, 304: .nothing, 416: .nothing],
                problems: [404], handler: get)
        ]
    }

    @Sendable
    private func get(_ request: APIRequest) async throws -> HTTPResponse {
        let name = request.parameter("name")
        let (artifact, location) = try await context.engine.artifact(
            try await context.coveredJob(of: request), name: name)
        switch location {
        case .url(let url): return Answer.empty(303, headers: ["Location": url])
        case .file(let path, let size):
            return try await answer(request, artifact, size: size) { range in
                .file(path: path, offset: UInt64(range.lowerBound), length: UInt64(range.count))
            }
        case .content(let content):
            // A presigned URL is valid for GET only.
            let isHead = request.http.method == "HEAD"
            if !isHead, request.flag("redirect") ?? true,
                let url = try await content.url(contentType: artifact.contentType)
            {
                return Answer.empty(303, headers: ["Location": url, "Cache-Control": "no-store"])
            }
            return try await answer(request, artifact, size: content.sizeBytes) { range in
                if isHead { return .stream(length: UInt64(range.count)) { _ in } }
                // A file that cannot be read is a problem with its status, not a response that breaks off.
                let next = try await content.open(range)
                return .stream(length: UInt64(range.count)) { writer in
                    while let bytes = try await next() { try await writer.write(bytes) }
                }
            }
        }
    }

    /// The response with the whole file or with the requested part.
    private func answer(
        _ request: APIRequest, _ artifact: Artifact, size: Int64,
        body: (Range<Int64>) async throws -> HTTPResponse.Body
    ) async throws -> HTTPResponse {
        let tag = "\"\(artifact.sha256)\""
        // The worker chose the type. A browser must not guess another type or run the content.
        var headers: HTTPHeaders = [
            "ETag": tag, "Accept-Ranges": "bytes", "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
            "Content-Disposition": "inline; filename*=UTF-8''\(PathSegment.encode(artifact.name))",
        ]
        if Answer.matches(request.http.headers["If-None-Match"], tag: tag) {
            return Answer.empty(304, headers: headers)
        }
        let condition = request.http.headers["If-Range"]
        let asked = condition == nil || condition == tag ? request.http.headers["Range"] : nil
        switch ByteRange.choose(asked, size: size) {
        case .unsatisfiable:
            headers.add("Content-Range", "bytes */\(size)")
            return Answer.empty(416, headers: headers)
        case .whole:
            headers.add("Content-Type", artifact.contentType)
            return HTTPResponse(status: 200, headers: headers, body: try await body(0..<size))
        case .part(let range):
            headers.add("Content-Type", artifact.contentType)
            headers.add("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)")
            return HTTPResponse(status: 206, headers: headers, body: try await body(range))
        }
    }
}

/// The part of a file that a `Range` header requests (RFC 9110, section 14).
package enum ByteRange: Equatable {
    /// The whole file: the request has no range, several ranges or an invalid one.
    case whole
    /// A part of the file.
    case part(Range<Int64>)
    /// A part outside the file.
    case unsatisfiable

    /// Parses a header.
    package static func choose(_ header: String?, size: Int64) -> ByteRange {
        guard let header, header.hasPrefix("bytes="), !header.contains(",") else { return .whole }
        let bounds = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard bounds.count == 2 else { return .whole }
        let first = number(bounds[0])
        let last = number(bounds[1])
        switch (first, last) {
        case (nil, let suffix?) where bounds[0].isEmpty:
            guard suffix > 0, size > 0 else { return .unsatisfiable }
            return .part(max(0, size - suffix)..<size)
        case (let first?, nil) where bounds[1].isEmpty:
            return first < size ? .part(first..<size) : .unsatisfiable
        case (let first?, let last?) where first <= last:
            return first < size ? .part(first..<min(last + 1, size)) : .unsatisfiable
        default: return .whole
        }
    }

    private static func number(_ text: Substring) -> Int64? {
        guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) else {
            return nil
        }
        return Int64(text)
    }
}
