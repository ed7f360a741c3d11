import CLibPQ
import LonghaulCore

/// Checks the URL of a store before libpq gets it.
///
/// libpq's messages about a bad URL repeat parts of it, which can be parts of an unencoded password. The messages
/// here never do.
enum ConnectionURL {
    /// Throws `invalid_request` unless the URL is one that libpq understands, with every part in its place.
    static func check(_ url: String) throws(LonghaulError) {
        let isURL = url.hasPrefix("postgres://") || url.hasPrefix("postgresql://")
        if isURL { try checkUserInfo(url) }
        guard let settings = parse(url) else {
            throw fault(
                isURL
                    ? "expected postgres://USER:PASSWORD@HOST:PORT/DATABASE; write % in a password as %25, and every "
                        + "other special character percent-encoded as well"
                    : "expected postgres://USER@HOST/DATABASE, or settings that libpq understands")
        }
        let ports = (settings["port"] ?? "").split(separator: ",")
        guard ports.allSatisfy({ UInt16($0) != nil }) else {
            throw fault("the port is not a number; write : and / in a password as %3A and %2F")
        }
        let hosts = (settings["host"] ?? "").split(separator: ",")
        guard hosts.allSatisfy({ $0.hasPrefix("/") || !$0.dropFirst().contains("@") }) else {
            throw fault("the host contains @; write @ in a password as %40")
        }
    }

    private static func checkUserInfo(_ url: String) throws(LonghaulError) {
        let rest = url.drop { $0 != "/" }.dropFirst(2)
        let address = rest.prefix { $0 != "?" }
        let marks = address.indices.filter { address[$0] == "@" }
        guard marks.count <= 1, marks.first.map({ !address[..<$0].contains("/") }) ?? true else {
            throw fault("the user or the password contains @ or /; write them as %40 and %2F")
        }
        // A raw ? in a password ends the address before the host.
        guard !rest.dropFirst(address.count).contains("@") || marks.count == 1 else {
            throw fault("there is an @ after ?; write ? in a password as %3F, and @ in a setting as %40")
        }
    }

    /// The settings of the URL by name; nil if libpq does not understand it.
    private static func parse(_ url: String) -> [String: String]? {
        var message: UnsafeMutablePointer<CChar>?
        let options = PQconninfoParse(url, &message)
        defer {
            PQfreemem(message)
            PQconninfoFree(options)
        }
        guard var option = options else { return nil }
        var settings: [String: String] = [:]
        while let name = option.pointee.keyword {
            if let value = option.pointee.val { settings[String(cString: name)] = String(cString: value) }
            option += 1
        }
        return settings
    }

    private static func fault(_ message: String) -> LonghaulError {
        LonghaulError(.invalidRequest, "the URL of PostgreSQL is not valid: " + message)
    }
}
