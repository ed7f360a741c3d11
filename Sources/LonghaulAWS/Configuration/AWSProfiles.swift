/// The profiles of the shared files of AWS SDKs, `~/.aws/config` and `~/.aws/credentials`.
struct AWSProfiles: Sendable {
    /// The settings of one section.
    typealias Settings = [String: String]

    /// The sections of `config`, by the name of the profile.
    private let config: [String: Settings]
    /// The sections of `credentials`.
    private let credentials: [String: Settings]

    init(config: String?, credentials: String?) {
        self.config = Self.sections(of: config ?? "", isConfig: true)
        self.credentials = Self.sections(of: credentials ?? "", isConfig: false)
    }

    /// Reads the files of an environment.
    static func load(_ environment: AWSEnvironment) async throws(AWSError) -> AWSProfiles {
        AWSProfiles(
            config: try await environment.settings(at: environment.configPath),
            credentials: try await environment.settings(at: environment.credentialsPath))
    }

    /// A profile; nil if no file has it.
    subscript(name: String) -> AWSProfile? {
        let config = config[name]
        let credentials = credentials[name]
        guard config != nil || credentials != nil else { return nil }
        return AWSProfile(name: name, config: config ?? [:], credentials: credentials ?? [:])
    }

    /// Parses a file. Lines that are indented belong to nested settings, which are not used.
    private static func sections(of text: String, isConfig: Bool) -> [String: Settings] {
        var sections: [String: Settings] = [:]
        var section: String?
        for line in text.split(whereSeparator: \.isNewline) {
            let bare = line.trimmed
            guard let first = bare.first, first != "#", first != ";" else { continue }
            if first == "[" {
                section = name(ofHeader: bare.dropFirst().prefix { $0 != "]" }.trimmed, isConfig: isConfig)
                if let section, sections[section] == nil { sections[section] = [:] }
            } else if let section, line.first?.isWhitespace == false, let mark = bare.firstIndex(of: "=") {
                let key = bare[..<mark].trimmed.lowercased()
                sections[section]?[key] = String(bare[bare.index(after: mark)...].trimmed)
            }
        }
        return sections
    }

    /// The profile of a section. In `config`, all but the default one have the prefix `profile`.
    private static func name(ofHeader header: Substring, isConfig: Bool) -> String? {
        guard isConfig, header != "default" else { return String(header) }
        let words = header.split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0] == "profile" else { return nil }
        let name = words[1].trimmed
        guard name.count >= 2, let quote = name.first, quote == "\"" || quote == "'", name.last == quote
        else {
            return String(name)
        }
        return String(name.dropFirst().dropLast())
    }
}

/// The settings of one profile.
struct AWSProfile: Sendable {
    let name: String
    let config: AWSProfiles.Settings
    let credentials: AWSProfiles.Settings

    /// A setting. The file of credentials is preferred.
    subscript(key: String) -> String? {
        (credentials[key] ?? config[key]).flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension Substring {
    /// The text without white space at both ends.
    fileprivate var trimmed: Substring {
        var text = self
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
