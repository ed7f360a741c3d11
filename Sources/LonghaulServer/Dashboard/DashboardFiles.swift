import CDashboard
import LonghaulCore

/// The dashboard's files.
///
/// Their paths contain a digest of all files, so that a browser can cache them without limit and never mixes the files
/// of two versions.
struct DashboardFiles: Sendable {
    /// One file.
    struct File: Sendable {
        let contentType: String
        let bytes: [UInt8]
        /// Its strong entity tag.
        let tag: String
    }

    /// The digest.
    let version: String
    /// The page for every path of the dashboard.
    let page: File
    /// The page that describes the API.
    let reference: File
    /// The other files by their paths.
    private let files: [String: File]

    /// The files that are built into the binary.
    static let embedded = DashboardFiles(
        (0..<dashboard_file_count()).map { place in
            let file = dashboard_file_at(place)
            return (
                String(cString: file.path),
                Array(UnsafeBufferPointer(start: file.bytes, count: file.length))
            )
        })

    /// Files by their paths, `index.html` among them.
    init(_ contents: [(path: String, bytes: [UInt8])]) {
        let sorted = contents.sorted { $0.path < $1.path }
        let all = sorted.reduce(into: [UInt8]()) { $0 += Array($1.path.utf8) + [0] + $1.bytes }
        version = SHA256.hexadecimal(Array(SHA256.digest(all).prefix(8)))
        var files: [String: File] = [:]
        var pages: [String: [UInt8]] = [:]
        for (path, bytes) in sorted {
            if path.hasSuffix(".html") { pages[path] = bytes } else { files[path] = Self.file(path, bytes) }
        }
        self.files = files
        // The page of the API imports its modules itself.
        let modules = sorted.map(\.path).filter { !$0.hasPrefix("reference/") }
        let base = "/assets/\(version)"
        func filled(_ name: String) -> File {
            Self.file(name, Self.fill(pages[name] ?? [], base: base, modules: modules))
        }
        page = filled("index.html")
        reference = filled("reference.html")
    }

    /// The file of this path; nil if there is none.
    subscript(path: String) -> File? { files[path] }

    /// The paths of all files but the pages.
    var paths: [String] { files.keys.sorted() }

    private static func file(_ path: String, _ bytes: [UInt8]) -> File {
        let types = [
            "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8",
            "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml",
        ]
        let type = types[path.split(separator: ".").last.map(String.init) ?? ""]
        return File(
            contentType: type ?? "application/octet-stream", bytes: bytes, tag: Answer.entityTag(bytes))
    }

    /// Inserts the paths of the files into the page. It lists every module, so that a browser fetches all of them in parallel
    /// instead of import by import.
    private static func fill(_ page: [UInt8], base: String, modules: [String]) -> [UInt8] {
        let scripts = modules.filter { $0.hasSuffix(".js") && $0 != "early.js" }
        let preloads = scripts.map { "<link rel=\"modulepreload\" href=\"\(base)/\($0)\">" }
        let text = String(decoding: page, as: UTF8.self)
            .split(separator: "{preloads}", omittingEmptySubsequences: false)
            .joined(separator: preloads.joined(separator: "\n"))
            .split(separator: "{assets}", omittingEmptySubsequences: false)
            .joined(separator: base)
        return Array(text.utf8)
    }
}
