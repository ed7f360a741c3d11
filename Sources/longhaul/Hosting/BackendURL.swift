import Foundation

/// Which backend, and where: `sqlite:data/longhaul.db`.
struct BackendURL: Sendable, CustomStringConvertible {
    let scheme: String
    /// What follows the colon.
    let place: String

    /// The URL without a password, to be shown. Whoever connects needs ``text``.
    var description: String {
        var shown = text
        // A password may hold an @ and a ?, too: rather too much is hidden than too little.
        if place.hasPrefix("//"), let end = shown.lastIndex(of: "@"),
            let colon = shown[..<end].dropFirst(scheme.count + 1).firstIndex(of: ":")
        {
            shown.removeSubrange(colon..<end)
        }
        guard let mark = shown.firstIndex(of: "?") else { return shown }
        let items = shown[shown.index(after: mark)...].split(separator: "&", omittingEmptySubsequences: false)
        return shown[...mark] + items.map(Self.shown).joined(separator: "&")
    }

    /// An item of a query; PostgreSQL takes passwords there.
    private static func shown(_ item: Substring) -> String {
        let name = item.prefix { $0 != "=" }
        let isSecret = (String(name).removingPercentEncoding ?? "password").lowercased().contains("password")
        return isSecret ? name + "=***" : String(item)
    }

    /// The whole URL.
    var text: String { "\(scheme):\(place)" }
}

extension ValueReader where Value == BackendURL {
    /// The URL of a backend.
    ///
    /// - Parameter forms: the URLs that there are, such as `sqlite:PATH`; what ends with the colon takes
    ///   nothing after it.
    static func backend(_ forms: String...) -> ValueReader {
        ValueReader(shape: .text) { text throws(BadValue) in
            let known = forms.joined(separator: ", ")
            guard let colon = text.firstIndex(of: ":") else { throw BadValue(expected: known, got: text) }
            let url = BackendURL(
                scheme: String(text[..<colon]), place: String(text[text.index(after: colon)...]))
            guard let form = forms.first(where: { $0.hasPrefix(url.scheme + ":") }) else {
                throw BadValue("there is no \"\(url.scheme):\" here; there is: \(known)")
            }
            guard form.hasSuffix(":") == url.place.isEmpty else { throw BadValue(expected: form, got: text) }
            return url
        }
    }
}
