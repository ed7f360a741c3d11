import Foundation

/// The URL of a backend, such as `sqlite:data/longhaul.db`.
struct BackendURL: Sendable, CustomStringConvertible {
    let scheme: String
    /// The text after the first colon.
    let place: String

    /// The URL for logs and messages, without passwords. Use ``text`` to connect.
    ///
    /// It shows only the hosts, the ports and the path of an address, and only if they are well-formed: a password
    /// that is not percent-encoded can end up in any part of a URL.
    var description: String {
        guard place.hasPrefix("//") else { return text }
        var address = place.dropFirst(2).prefix { $0 != "?" }
        let query = place.dropFirst(2 + address.count)
        var user = ""
        if let end = address.lastIndex(of: "@") {
            address = address[address.index(after: end)...]
            user = "…@"
        }
        let hosts = address.prefix { $0 != "/" }.split(separator: ",", omittingEmptySubsequences: false)
        guard !query.contains("@"), hosts.allSatisfy(Self.isHost) else { return scheme + "://…" }
        return "\(scheme)://\(user)\(address)\(query.isEmpty ? "" : "?…")"
    }

    /// Whether text is HOST, HOST:PORT or an IPv6 address in brackets, with or without a port.
    private static func isHost(_ text: Substring) -> Bool {
        let name: Substring
        let rest: Substring
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            name = text[text.index(after: text.startIndex)..<end]
            rest = text[text.index(after: end)...]
        } else {
            name = text.prefix { $0 != ":" }
            rest = text.dropFirst(name.count)
        }
        let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_%:".utf8)
        let isPort = rest.isEmpty || (rest.hasPrefix(":") && UInt16(rest.dropFirst()) != nil)
        return !name.isEmpty && name.utf8.allSatisfy { allowed.contains($0) } && isPort
    }

    /// The texts in the URL that may be passwords: the text between the first colon and the last `@`, and the values of
    /// query parameters whose name contains `password`.
    var secrets: [String] {
        guard place.hasPrefix("//") else { return [] }
        let address = place.dropFirst(2)
        var secrets: [String] = []
        if let end = address.lastIndex(of: "@"), let colon = address[..<end].firstIndex(of: ":") {
            secrets.append(String(address[address.index(after: colon)..<end]))
        }
        if let mark = address.firstIndex(of: "?") {
            for item in address[address.index(after: mark)...].split(separator: "&") {
                let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                let name = String(parts[0]).removingPercentEncoding ?? "password"
                if parts.count == 2, name.lowercased().contains("password") {
                    secrets.append(String(parts[1]))
                }
            }
        }
        return secrets.filter { !$0.isEmpty }
    }

    /// The whole URL.
    var text: String { "\(scheme):\(place)" }
}

extension ValueReader where Value == BackendURL {
    /// The URL of a backend. Error messages never repeat the text, because it may contain a password.
    ///
    /// - Parameter forms: the accepted forms, such as `sqlite:PATH`. A form that ends with a colon takes no text after
    ///   it.
    static func backend(_ forms: String...) -> ValueReader {
        ValueReader(shape: .text) { text throws(BadValue) in
            let known = forms.joined(separator: ", ")
            guard let colon = text.firstIndex(of: ":") else {
                throw BadValue(
                    "expected a URL: \(known); the text is not shown because it may contain a password")
            }
            let url = BackendURL(
                scheme: String(text[..<colon]), place: String(text[text.index(after: colon)...]))
            guard let form = forms.first(where: { $0.hasPrefix(url.scheme + ":") }) else {
                let isScheme =
                    url.place.hasPrefix("//") && url.scheme.utf8.allSatisfy { (97...122).contains($0) }
                throw BadValue(
                    isScheme
                        ? "unknown scheme \"\(url.scheme):\"; expected one of: \(known)"
                        : "expected one of: \(known)")
            }
            guard form.hasSuffix(":") == url.place.isEmpty, !form.contains("://") || url.place.hasPrefix("//")
            else {
                throw BadValue("expected \(form); the text is not shown because it may contain a password")
            }
            return url
        }
    }
}
