/// Which backend, and where: `sqlite:data/longhaul.db`.
struct BackendURL: Sendable, CustomStringConvertible {
    let scheme: String
    /// What follows the colon.
    let place: String

    /// The URL without a password.
    var description: String {
        guard place.hasPrefix("//"), let end = place.firstIndex(of: "@"),
            let colon = place[..<end].firstIndex(of: ":")
        else { return text }
        return "\(scheme):\(place[..<colon])\(place[end...])"
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
