/// The rule for the form of `callback_url`. The server that sends webhooks decides which receivers it accepts.
public enum CallbackURL {
    /// The error in a URL; nil if the URL is valid.
    public static func fault(in text: String) -> String? {
        let limit = FieldBounds.callbackURLBytes.upperBound
        guard text.utf8.count <= limit else { return "must have at most \(limit) bytes" }
        guard text.utf8.allSatisfy(isURLByte) else {
            return "must be a URL: ASCII letters, digits and punctuation, everything else percent-encoded"
        }
        guard let scheme = ["http://", "https://"].first(where: { text.lowercased().hasPrefix($0) }) else {
            return "must be an absolute URL with the scheme http or https"
        }
        let authority = text.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
        guard !authority.contains("@") else { return "must not hold a user name or password" }
        return isAuthority(authority) ? nil : "must name a host, and a port from 1 to 65535 if any"
    }

    private static func isURLByte(_ byte: UInt8) -> Bool {
        byte > 32 && byte < 127 && !"\"<>\\^`{|}".utf8.contains(byte)
    }

    private static func isAuthority(_ authority: Substring) -> Bool {
        var host = authority
        var port: Substring?
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return false }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let rest = authority[authority.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return false }
            port = rest.isEmpty ? nil : rest.dropFirst()
            guard host.contains(":"), host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else {
                return false
            }
        } else {
            if let colon = authority.firstIndex(of: ":") {
                host = authority[..<colon]
                port = authority[authority.index(after: colon)...]
            }
            guard isHostName(host) else { return false }
        }
        guard let port else { return true }
        return port.allSatisfy(\.isNumber) && UInt16(port).map { $0 > 0 } ?? false
    }

    /// Labels of letters, digits, `-` and `_`, separated by single dots. One dot may follow the last label.
    private static func isHostName(_ host: Substring) -> Bool {
        guard (1...253).contains(host.utf8.count) else { return false }
        var labels = host.split(separator: ".", omittingEmptySubsequences: false)
        if labels.count > 1, labels.last?.isEmpty == true { labels.removeLast() }
        return labels.allSatisfy { label in
            (1...63).contains(label.utf8.count)
                && label.utf8.allSatisfy { byte in
                    NameBytes.isNameByte(byte) && byte != UInt8(ascii: ".")
                }
        }
    }
}
