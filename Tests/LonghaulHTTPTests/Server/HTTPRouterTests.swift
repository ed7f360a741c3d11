import LonghaulHTTP
import Testing

@Suite("HTTP router")
struct HTTPRouterTests {
    private func request(_ method: String, _ segments: String...) -> HTTPRequest {
        HTTPRequest(method: method, path: "/" + segments.joined(separator: "/"), segments: segments)
    }

    /// The text of a response's body.
    private func text(_ response: HTTPResponse) -> String {
        if case .bytes(let bytes) = response.body { String(decoding: bytes, as: UTF8.self) } else { "" }
    }

    private func router() -> HTTPRouter {
        var router = HTTPRouter()
        for (method, pattern) in [
            ("GET", "/"), ("GET", "/jobs"), ("POST", "/jobs"), ("GET", "/jobs/{id}"), ("GET", "/jobs/next"),
            ("DELETE", "/jobs/{id}"), ("PUT", "/jobs/{job}/artifacts/{name}"), ("GET", "/jobs/next/{part}"),
        ] {
            router.on(method, pattern, maxBodyBytes: method == "PUT" ? 99 : nil) { _, parameters in
                .text(
                    200,
                    pattern + " "
                        + ["id", "job", "name", "part"].map { parameters[$0] }.joined(separator: ","))
            }
        }
        return router
    }

    @Test("a literal takes precedence over a parameter, which matches any segment that is not empty")
    func matching() async {
        let router = router()
        #expect(text(await router.handle(request("GET"))) == "/ ,,,")
        #expect(text(await router.handle(request("GET", "jobs"))) == "/jobs ,,,")
        #expect(text(await router.handle(request("GET", "jobs", "7"))) == "/jobs/{id} 7,,,")
        #expect(text(await router.handle(request("GET", "jobs", "next"))) == "/jobs/next ,,,")
        // A literal path is a separate resource, also for methods without a route.
        #expect(await router.handle(request("DELETE", "jobs", "next")).status == 405)
        // Only the route with the parameter has further segments.
        let put = request("PUT", "jobs", "next", "artifacts", "a/b")
        #expect(text(await router.handle(put)) == "/jobs/{job}/artifacts/{name} ,next,a/b,")
        #expect(text(await router.handle(request("HEAD", "jobs", "7"))) == "/jobs/{id} 7,,,")
        for missing in [["job"], ["jobs", ""], ["jobs", "7", ""], ["jobs", "7", "artifacts"]] {
            let request = HTTPRequest(method: "GET", path: "/", segments: missing)
            #expect(await router.handle(request).status == 404)
        }
    }

    @Test("a path without a route for the method is answered 405 with the allowed methods")
    func otherMethods() async {
        let router = router()
        let response = await router.handle(request("PATCH", "jobs", "next"))
        #expect(response.status == 405)
        #expect(response.headers["Allow"] == "GET, HEAD, OPTIONS")
        #expect(await router.handle(request("HEAD", "jobs", "7", "artifacts", "a")).status == 405)
        let all = HTTPRequest(method: "OPTIONS", path: "*", segments: [])
        #expect(await router.handle(all).headers["Allow"] == "DELETE, GET, HEAD, OPTIONS, POST, PUT")
    }

    @Test("routes can be listed with their body limits")
    func listing() {
        let router = router()
        #expect(router.routes.count == 8)
        #expect(router.routes.first?.pattern == "/")
        #expect(router.routes.last?.method == "GET")
        #expect(router.bodyLimit(of: request("PUT", "jobs", "1", "artifacts", "a")) == 99)
        #expect(router.bodyLimit(of: request("POST", "jobs")) == nil)
    }

    @Test("an error of a handler becomes a response")
    func failures() async {
        struct Fault: Error {}
        var router = HTTPRouter(failure: { _, error in error is Fault ? .text(418, "mine") : nil })
        router.on("GET", "/fault") { _, _ in throw Fault() }
        router.on("GET", "/other") { _, _ in throw CancellationError() }
        router.on("POST", "/large") { request, _ in
            .text(200, "\(try await request.body.collect(upTo: 3).count)")
        }
        #expect(await router.handle(request("GET", "fault")).status == 418)
        #expect(await router.handle(request("GET", "other")).status == 500)
        var large = request("POST", "large")
        large.body = HTTPBody([1, 2, 3, 4])
        #expect(await router.handle(large).status == 413)
    }
}
