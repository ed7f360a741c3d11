/// Wrong usage: what is wrong with the command line or the settings, in one line.
struct UsageError: Error {
    let message: String
    /// The command that was meant, for the pointer to its help; nil if that is not known.
    var command: String?
    /// Every fault of a file, if it has several.
    var details: [String] = []

    init(_ message: String, command: String? = nil) {
        self.message = message
        self.command = command
    }
}

/// The command could not do its work, in one line.
struct RunError: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}

/// A value that is not what its option takes. Whoever knows where it came from names the place.
struct BadValue: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }

    /// A value that is something else than expected.
    init(expected: String, got text: String) {
        message = "expected \(expected), got \"\(text)\""
    }
}
