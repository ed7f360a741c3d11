import LonghaulCore
import LonghaulEngine
import LonghaulHTTP

/// The page of a signal token, for people without an API key.
///
/// It is one document without scripts, images or links. Its Content-Security-Policy allows its own style and a form to its own
/// address, and forbids frames, so that no other page can make a visitor press a button.
enum SignalPage {
    /// An operation waits for the signal.
    case question(SignalWait)
    /// The signal was sent now.
    case thanks(isApproved: Bool)
    /// The token was used, or has expired.
    case ended
    /// There is no such token.
    case unknown

    static let style = """
        :root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{margin:0;padding:2rem 1rem}\
        main{max-width:32rem;margin:0 auto}h1{font-size:1.4rem;overflow-wrap:anywhere}\
        dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem}dt{font-weight:600}\
        dd{margin:0;overflow-wrap:anywhere}form{display:flex;gap:1rem;margin-top:1.5rem}\
        button{font:inherit;padding:.6rem 1.4rem;border-radius:.4rem;border:1px solid;cursor:pointer}\
        button[value=true]{background:#176b3a;border-color:#176b3a;color:#fff}
        """

    /// The SHA-256 of ``style``, which the policy allows.
    static let styleHash = "MZ77DiUgIbeIKB3ShR3Sggt0M6IcEqYJtQKzaq+Sw9U="

    private static let policy = [
        "default-src 'none'", "style-src 'sha256-\(styleHash)'", "form-action 'self'", "base-uri 'none'",
        "frame-ancestors 'none'",
    ].joined(separator: "; ")

    var response: HTTPResponse {
        let headers: HTTPHeaders = [
            "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": Self.policy,
            "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
            "X-Frame-Options": "DENY", "X-Robots-Tag": "noindex", "Cache-Control": "no-store",
        ]
        return HTTPResponse(status: status, headers: headers, body: .bytes(Array(text.utf8)))
    }

    private var status: Int {
        switch self {
        case .question, .thanks: 200
        case .ended: 410
        case .unknown: 404
        }
    }

    private var text: String {
        let title: String
        let content: String
        switch self {
        case .question(let wait):
            title = "Approve “\(wait.operation.name)”?"
            content = Self.details(of: wait) + Self.form
        case .thanks(let isApproved):
            title = isApproved ? "Approved" : "Rejected"
            content = "<p>Your answer is recorded. You can close this page.</p>"
        case .ended:
            title = "This link was used or has expired"
            content = "<p>A link works once, and only while its job waits for the answer.</p>"
        case .unknown:
            title = "This link is not valid"
            content = "<p>Check that the link is complete. Its job may have been removed.</p>"
        }
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(Self.escaped(title))</title>
            <style>\(Self.style)</style>
            </head>
            <body>
            <main>
            <h1>\(Self.escaped(title))</h1>
            \(content)
            </main>
            </body>
            </html>

            """
    }

    private static let form = """

        <form method="post">
        <button name="approved" value="true">Approve</button>
        <button name="approved" value="false">Reject</button>
        </form>
        """

    private static func details(of wait: SignalWait) -> String {
        // 2026-11-24T09:15:00.123Z
        let expiry = wait.operation.until.map { until in
            until.description.prefix(16).replacing("T", with: " ") + " UTC"
        }
        let fields: [(String, String)] = [
            ("Job", wait.kind), ("Signal", wait.operation.name),
            ("Link expires", expiry.map { String($0) } ?? "when it is used"),
        ]
        return "<p>A job waits for your answer.</p>\n<dl>"
            + fields.map { "<dt>\($0.0)</dt><dd>\(escaped($0.1))</dd>" }.joined() + "</dl>"
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
