/// An error in the command line or the settings, in one line.
struct UsageError: Error {
    let message: String
    /// The command whose help the message refers to; nil if it is not known.
    var command: String?
    /// The errors of a file, one in a line.
    var details: [String] = []

    init(_ message: String, command: String? = nil) {
        self.message = message
        self.command = command
    }
}

/// A failure of the command, in one line.
struct RunError: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}

/// An invalid value. The caller adds the option, the variable or the file to the message.
struct BadValue: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }

    /// Creates the error for an unexpected value.
    init(expected: String, got text: String) {
        message = "expected \(expected), got \"\(text)\""
    }
}
