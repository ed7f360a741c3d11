import LonghaulCore
import LonghaulWorker

extension Invocation {
    /// The URL of a backend from its option, or from the file that another option names.
    ///
    /// A URL on the command line replaces the file. Both on the command line are an error.
    ///
    /// - Throws: ``UsageError`` naming the option and the file.
    func backend(_ option: Option<BackendURL>, orIn file: Option<String?>) throws -> BackendURL {
        guard let path = try path(of: option, in: file) else {
            return try hidingSecrets(try value(option), option, file)
        }
        return try read(option, from: path, file)
    }

    /// Like ``backend(_:orIn:)``, for an option without a default.
    func optionalBackend(_ option: Option<BackendURL?>, orIn file: Option<String?>) throws -> BackendURL? {
        guard let path = try path(of: option, in: file) else {
            return try value(option).map { try hidingSecrets($0, option, file) }
        }
        return try read(option, from: path, file)
    }

    /// The path of the file that holds the URL of an option; nil if the option replaces it.
    private func path(of option: some DeclaredOption, in file: Option<String?>) throws -> String? {
        guard settings.isGiven(option) else { return try value(file) }
        guard !settings.isGiven(file) else {
            throw UsageError(
                "\(option.declaration.flag) and \(file.declaration.flag) exclude each other",
                command: command.name)
        }
        return nil
    }

    private func read<Value>(
        _ option: Option<Value>, from path: String, _ file: Option<String?>
    ) throws -> Value {
        do {
            let text = String(decoding: try Files.read(path), as: UTF8.self)
            let url = text.trimmingWhitespace
            guard !url.isEmpty, !url.contains(where: \.isNewline) else {
                throw BadValue("expected one line with a URL")
            }
            return try option.read([url])
        } catch let error as BadValue {
            throw settings.usageError(file, "\(path): \(error.message)")
        } catch let error as RunError {
            throw settings.usageError(file, "\(path) \(error.message)")
        }
    }

    /// Hides a password in a URL on the command line from `ps`, and logs a warning.
    private func hidingSecrets(
        _ url: BackendURL, _ option: some DeclaredOption, _ file: some DeclaredOption
    ) throws -> BackendURL {
        let secrets = settings.isGiven(option) ? url.secrets : []
        guard !secrets.isEmpty else { return url }
        for secret in secrets { ProgramIsolation.hideInArguments(secret) }
        EventLog.log(
            Note(
                "\(option.declaration.flag) has a password on the command line, where every user of this machine can "
                    + "read it when the process starts: use \(file.declaration.flag), or the variable of the option",
                level: .warning))
        return url
    }
}

extension String {
    fileprivate var trimmingWhitespace: String {
        var text = self[...]
        while text.last?.isWhitespace == true { text.removeLast() }
        while text.first?.isWhitespace == true { text.removeFirst() }
        return String(text)
    }
}
