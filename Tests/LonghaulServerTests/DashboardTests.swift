import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

@testable import LonghaulServer

/// The page and the files of the dashboard, as they are served.
@Suite struct DashboardTests {
    private let files = DashboardFiles.embedded
    private let router: HTTPRouter

    init() {
        let dashboard = DashboardRoutes(files: .embedded)
        var router = HTTPRouter { request, status, detail in
            dashboard.missingPage(request) ?? .text(status, detail)
        }
        dashboard.add(to: &router)
        self.router = router
    }

    private func get(
        _ path: String, method: String = "GET", headers: HTTPHeaders = [:]
    ) async -> HTTPResponse {
        let segments = path.split(separator: "/").map(String.init)
        return await router.handle(
            HTTPRequest(method: method, path: path, segments: segments, headers: headers))
    }

    private func text(_ response: HTTPResponse) -> String {
        guard case .bytes(let bytes) = response.body else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The folder of the files in the source tree.
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Sources/CDashboard/assets")

    private static let pages = [
        "/", "/queues/default", "/jobs", "/jobs/0190", "/jobs/0190/children", "/dead-letters", "/workers",
        "/schedules", "/audit",
    ]

    @Test(arguments: pages) func everyPathServesThePage(path: String) async {
        let response = await get(path)
        #expect(response.status == 200)
        #expect(response.headers["Content-Type"] == "text/html; charset=utf-8")
        #expect(text(response).contains("<script type=\"module\" src=\"/assets/\(files.version)/app.js\">"))
        #expect(!text(response).contains("{assets}"))
        #expect(await get(path, method: "HEAD").status == 200)
    }

    @Test func thePageOfTheAPIHasItsOwnModules() async {
        let page = text(await get("/docs"))
        #expect(page.contains("<script type=\"module\" src=\"/assets/\(files.version)/reference/page.js\">"))
        #expect(!page.contains("{assets}"))
        #expect(!text(await get("/")).contains("/reference/"))
    }

    @Test(arguments: ["/", "/docs"]) func thePolicyAllowsNothingInline(path: String) async throws {
        let response = await get(path)
        let policy = try #require(response.headers["Content-Security-Policy"])
        #expect(!policy.contains("unsafe"))
        for directive in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"] {
            #expect(policy.contains(directive))
        }
        #expect(response.headers["X-Content-Type-Options"] == "nosniff")
        #expect(response.headers["Referrer-Policy"] == "no-referrer")
    }

    @Test func everyFileOfTheFolderIsServedUnchanged() async throws {
        let found = try FileManager.default.subpathsOfDirectory(atPath: Self.folder.path)
            .filter { $0.contains(".") && !$0.hasSuffix(".html") }.sorted()
        #expect(files.paths == found)
        for path in found {
            let response = await get("/assets/\(files.version)/\(path)")
            #expect(response.status == 200)
            #expect(response.headers["Content-Type"] != "application/octet-stream", "\(path)")
            #expect(response.headers["Cache-Control"]?.contains("immutable") == true)
            let wanted = try String(contentsOf: Self.folder.appendingPathComponent(path), encoding: .utf8)
            #expect(text(response) == wanted, "\(path)")
        }
    }

    @Test func everyImportLeadsToAFile() throws {
        for path in files.paths where path.hasSuffix(".js") {
            let source = String(decoding: files[path]?.bytes ?? [], as: UTF8.self)
            let base = URL(string: "http://longhaul/" + path)
            for match in source.matches(of: /from "(\.[^"]+)"/) {
                let target = try #require(URL(string: String(match.1), relativeTo: base))
                #expect(
                    files[String(target.absoluteURL.path.dropFirst())] != nil, "\(path) imports \(match.1)")
            }
        }
    }

    @Test func noFileInsertsTextAsMarkup() {
        for path in files.paths where path.hasSuffix(".js") {
            let source = String(decoding: files[path]?.bytes ?? [], as: UTF8.self)
            for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
                #expect(!source.contains(word), "\(path) has \(word)")
            }
        }
    }

    @Test func unchangedFileIsAnsweredNotModified() async throws {
        for path in ["/", "/assets/\(files.version)/app.js"] {
            let tag = try #require(await get(path).headers["ETag"])
            #expect(!tag.hasPrefix("W/"))
            let again = await get(path, headers: ["If-None-Match": tag])
            #expect(again.status == 304)
            #expect(again.headers["ETag"] == tag)
        }
    }

    @Test func fileOfAnotherVersionIsNotFound() async {
        #expect(await get("/assets/0000000000000000/app.js").status == 404)
        #expect(await get("/assets/\(files.version)/nothing.js").status == 404)
    }

    @Test func unknownPathHasAPageForBrowsersOnly() async {
        let browser: HTTPHeaders = ["Accept": "text/html,application/xhtml+xml"]
        let page = await get("/nowhere", headers: browser)
        #expect(page.status == 404)
        #expect(page.headers["Content-Type"]?.hasPrefix("text/html") == true)
        #expect(await get("/nowhere").headers["Content-Type"]?.hasPrefix("text/html") == false)
        let call = await get("/v1/nowhere", headers: browser)
        #expect(call.headers["Content-Type"]?.hasPrefix("text/html") == false)
    }

    @Test func anyChangeOfAFileChangesTheVersion() {
        let before = DashboardFiles([("index.html", Array("a".utf8)), ("app.js", Array("b".utf8))])
        let after = DashboardFiles([("index.html", Array("a".utf8)), ("app.js", Array("c".utf8))])
        #expect(before.version != after.version)
    }
}
