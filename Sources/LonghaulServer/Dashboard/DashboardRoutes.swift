import LonghaulHTTP

/// The routes of the dashboard: one page for all its paths, the page that describes the API, and the files of both. They are
/// not part of the API.
struct DashboardRoutes: Sendable {
    let files: DashboardFiles

    /// The paths of the dashboard. `assets/app.js` has the same list.
    private static let pages = [
        "/", "/queues/{name}", "/jobs", "/jobs/{id}", "/jobs/{id}/children", "/jobs/{id}/dependents",
        "/jobs/{id}/dependencies", "/dead-letters", "/kinds/{name}", "/workers", "/workers/{id}",
        "/schedules", "/schedules/{name}", "/audit", "/state-machines", "/state-machines/{name}",
        "/state-machines/{name}/edit",
        "/executions/{id}",
    ]

    /// The Content-Security-Policy of the page: only files of this server, no inline scripts or styles, no markup from
    /// strings, no frames.
    private static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
        "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
        "require-trusted-types-for 'script'", "trusted-types 'none'",
    ].joined(separator: "; ")

    /// Declares the routes.
    func add(to router: inout HTTPRouter) {
        for pattern in Self.pages {
            router.on("GET", pattern) { request, _ in page(files.page, request) }
        }
        router.on("GET", "/docs") { request, _ in page(files.reference, request) }
        router.on("GET", "/assets/{version}/{name}") { request, parameters in
            file(request, version: parameters["version"], path: parameters["name"])
        }
        router.on("GET", "/assets/{version}/{folder}/{name}") { request, parameters in
            let path = parameters["folder"] + "/" + parameters["name"]
            return file(request, version: parameters["version"], path: path)
        }
    }

    /// The page for an unknown path that a browser requests; nil for other clients and below `/v1`, which get a problem.
    func missingPage(_ request: HTTPRequest) -> HTTPResponse? {
        guard request.method == "GET" || request.method == "HEAD", request.segments.first != "v1",
            request.headers["Accept"]?.contains("text/html") == true
        else { return nil }
        return page(files.page, request, status: 404)
    }

    private func page(_ file: DashboardFiles.File, _ request: HTTPRequest, status: Int = 200) -> HTTPResponse
    {
        let headers: HTTPHeaders = [
            "Content-Security-Policy": Self.policy, "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "no-cache",
        ]
        return answer(request, status, file, headers: headers)
    }

    private func file(_ request: HTTPRequest, version: String, path: String) -> HTTPResponse {
        guard version == files.version, let file = files[path] else {
            return Answer.problem(
                ofServer: 404, "there is no file \"\(path)\" of version \"\(version)\"",
                instance: request.path)
        }
        return answer(request, 200, file, headers: ["Cache-Control": "public, max-age=31536000, immutable"])
    }

    private func answer(
        _ request: HTTPRequest, _ status: Int, _ file: DashboardFiles.File, headers: HTTPHeaders
    ) -> HTTPResponse {
        var headers = headers
        headers.add("ETag", file.tag)
        headers.add("X-Content-Type-Options", "nosniff")
        if status == 200, Answer.matches(request.headers["If-None-Match"], tag: file.tag) {
            return Answer.empty(304, headers: headers)
        }
        headers.add("Content-Type", file.contentType)
        return HTTPResponse(status: status, headers: headers, body: .bytes(file.bytes))
    }
}
