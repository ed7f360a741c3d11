internal import LonghaulJSONata

/// A value with expressions in it: JSONPath fields whose names end in `.$`, or JSONata strings in `{% %}`.
public struct Template: Sendable {
    /// The value as it is in the definition.
    public let value: StateValue
    let compiled: Compiled

    enum Compiled: Sendable {
        case payload(PayloadTemplate)
        case query(QueryTemplate)
    }

    /// Compiles a template.
    ///
    /// - Parameter path: The field's place in its state: `Output`.
    init(_ value: StateValue, _ language: QueryLanguage, path: String) throws(DefinitionError) {
        self.value = value
        switch language {
        case .jsonPath:
            do {
                compiled = .payload(try PayloadTemplate(value))
            } catch {
                throw DefinitionError(error.message, at: "\(path)\(error.location)/\(error.field)")
            }
        case .jsonata:
            do {
                compiled = .query(try QueryTemplate(value, location: path))
            } catch {
                throw DefinitionError(error.error.description, at: error.location)
            }
        }
    }
}

/// A path into the state data, the context object or a variable, or a call of an intrinsic function.
public struct PathField: Sendable, Hashable {
    /// The path as it is in the definition.
    public let source: String
    let expression: PathExpression

    /// Compiles a path.
    init(_ source: String) throws(DefinitionError) {
        self.source = source
        do {
            expression = try PathExpression(source)
        } catch {
            throw DefinitionError("Value is not a valid JSONPath: \(error.message)")
        }
    }
}

/// A path that selects a state's input or output.
public enum DataPath: Sendable, Hashable {
    /// Everything; the default.
    case whole
    /// Nothing: `null` in the definition, `{}` at run time.
    case nothing
    /// A path.
    case path(PathField)
}

/// The place of a result in a state's input.
public enum ResultPath: Sendable, Hashable {
    /// The result replaces the input; the default.
    case replace
    /// The result is dropped: `null` in the definition.
    case discard
    /// A reference path.
    case path(ReferencePath)
}

/// The fields that select a state's input and output.
public struct StateDataFields: Sendable {
    /// Selects the input (JSONPath).
    public let inputPath: DataPath
    /// Builds the effective input (JSONPath).
    public let parameters: Template?
    /// Builds the result (JSONPath).
    public let resultSelector: Template?
    /// The place of the result (JSONPath).
    public let resultPath: ResultPath
    /// Selects the output (JSONPath).
    public let outputPath: DataPath
    /// The arguments of the work (JSONata).
    public let arguments: Template?
    /// The output (JSONata).
    public let output: Template?
    /// The variables to assign.
    public let assign: Template?
}

/// A text that is fixed or computed.
public enum TextField: Sendable {
    /// A fixed text.
    case literal(String)
    /// A path (JSONPath).
    case path(PathField)
    /// An expression (JSONata).
    case expression(Template)
}

/// A number that is fixed or computed.
public enum NumberField: Sendable {
    /// A fixed number.
    case literal(StateNumber)
    /// A path (JSONPath).
    case path(PathField)
    /// An expression (JSONata).
    case expression(Template)
}
