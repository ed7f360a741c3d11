/// A problem in the definition of a state machine, as `ValidateStateMachineDefinition` reports it.
public struct DefinitionDiagnostic: Sendable, Hashable {
    /// How severe the problem is.
    public enum Severity: String, Sendable, Hashable {
        /// The machine cannot be created.
        case error = "ERROR"
        /// The machine can be created, but probably does not do what is meant.
        case warning = "WARNING"
    }

    /// AWS's codes.
    public enum Code: String, Sendable, Hashable {
        case invalidJSON = "INVALID_JSON_DESCRIPTION"
        case missingDescription = "MISSING_DESCRIPTION"
        case schema = "SCHEMA_VALIDATION_FAILED"
        case invalidResource = "INVALID_RESOURCE"
        case missingEndState = "MISSING_END_STATE"
        case duplicateStateName = "DUPLICATE_STATE_NAME"
        case invalidStateName = "INVALID_STATE_NAME"
        case duplicateLabelName = "DUPLICATE_LABEL_NAME"
        case invalidLabelName = "INVALID_LABEL_NAME"
        case missingTransitionTarget = "MISSING_TRANSITION_TARGET"
        case tooDeeplyNested = "TOO_DEEPLY_NESTED"
        case invalidQuery = "INVALID_JSONATA_EXPRESSION"
        case unsupportedQuery = "UNSUPPORTED_JSONATA_EXPRESSION"
        case noDollar = "NO_DOLLAR"
        case noPath = "NO_PATH"
        case staticPassResult = "PASS_RESULT_IS_STATIC"
    }

    /// The code.
    public let code: Code
    /// What is wrong, in AWS's words where they are known. A longer text is cut, like ``location``.
    public let message: String
    /// The place in the definition: `/States/Pay/Resource`. Nil if there is no single place.
    public let location: String?

    /// Maximum length of a message, and of a place, in characters. Both may contain names from the definition, and a definition
    /// may have many problems with one long name.
    private static let maxLength = 1000

    init(code: Code, message: String, location: String?) {
        self.code = code
        self.message = DefinitionDiagnostic.cut(message)
        self.location = location.map(DefinitionDiagnostic.cut)
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > maxLength, text.count > maxLength else { return text }
        return text.prefix(maxLength) + "…"
    }

    /// How severe the problem is.
    public var severity: Severity {
        switch code {
        case .noDollar, .noPath, .staticPassResult: .warning
        default: .error
        }
    }

    /// Code, message and place as the error of `CreateStateMachine` shows them.
    public var description: String {
        "\(code.rawValue): \(message) at \(location ?? "null")"
    }

    /// The message of the error `InvalidDefinition`, which names all problems.
    ///
    /// - Parameter definition: The text of the definition.
    public static func invalidDefinition(_ diagnostics: [DefinitionDiagnostic], definition: String) -> String
    {
        let errors = diagnostics.filter { $0.severity == .error }
        // AWS's message about labels has another form.
        if let label = errors.first, label.code == .invalidLabelName {
            return
                "Error=ValueError Args=[\(PythonText.quoted(label.message))] in definition '\(definition)'."
        }
        return "Invalid State Machine Definition: '\(errors.map(\.description).joined(separator: ", "))'"
    }
}

/// Strings in quotes as Python prints them, which the recorded texts about labels contain.
enum PythonText {
    /// The text in quotes, with escapes.
    static func quoted(_ text: String) -> String {
        let scalars = text.unicodeScalars
        let quote: Unicode.Scalar = scalars.contains("'") && !scalars.contains("\"") ? "\"" : "'"
        var result = String(quote)
        for scalar in scalars { result += escaped(scalar, quote: quote) }
        return result + String(quote)
    }

    private static func escaped(_ scalar: Unicode.Scalar, quote: Unicode.Scalar) -> String {
        switch scalar {
        case quote, "\\": return "\\\(scalar)"
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        default: break
        }
        guard scalar.value < 0x20 || (0x7F...0xA0).contains(scalar.value) else { return String(scalar) }
        let digits = String(scalar.value, radix: 16)
        return "\\x" + (digits.count < 2 ? "0" : "") + digits
    }
}
