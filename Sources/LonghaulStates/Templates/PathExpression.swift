internal import LonghaulJSON

/// The value of a field whose name ends with `.$`, and of `ErrorPath` and `CausePath`: a path or a call of an
/// intrinsic function.
public enum PathExpression: Sendable, Hashable {
    /// A path.
    case path(JSONPath)
    /// A call of an intrinsic function, such as `States.Format('{}', $.name)`.
    case intrinsic(IntrinsicCall)

    /// Compiles an expression.
    ///
    /// - Throws: ``PathError`` of kind `syntax`.
    public init(_ text: String) throws(PathError) {
        if text.hasPrefix("$") {
            self = .path(try JSONPath(text))
        } else {
            self = .intrinsic(try IntrinsicCall(text))
        }
    }

    /// Evaluates the expression.
    ///
    /// - Parameter field: The name of the field, for the failure: `name.$`.
    /// - Throws: ``StateFailure`` with AWS's text.
    public func evaluate(in scope: StateScope, field: String) throws(StateFailure) -> StateValue {
        try evaluate(in: scope, field: field, WorkBudget())
    }

    func evaluate(
        in scope: StateScope, field: String, _ budget: WorkBudget
    ) throws(StateFailure) -> StateValue {
        switch self {
        case .path(let path):
            do {
                return try path.evaluate(in: scope, budget)
            } catch {
                throw path.failure(error, field: field, input: scope.input)
            }
        case .intrinsic(let call): return try call.evaluate(in: scope, budget)
        }
    }

    /// The variables that the expression reads, in their order.
    public var variables: [String] {
        switch self {
        case .path(let path): path.variable.map { [$0] } ?? []
        case .intrinsic(let call): call.variables
        }
    }
}

extension JSONPath {
    /// The failure of a field of a payload template.
    fileprivate func failure(_ error: PathError, field: String, input: StateValue) -> StateFailure {
        guard error.kind == .notFound else { return invalid(error) }
        if root == .input, input.isNull {
            return .runtime("Unable to apply Path transformation to null or empty input.")
        }
        return .runtime(
            "The JSONPath '\(text)' specified for the field '\(field)' could not be found in the input "
                + "'\(input.json)'")
    }

    private func invalid(_ error: PathError) -> StateFailure {
        .runtime("Invalid path '\(root == .context ? String(text.dropFirst()) : text)' : \(error.message)")
    }

    /// The value that the path leads to, for the fields that hold a plain path: `InputPath`, `OutputPath`,
    /// `ItemsPath`, `TimeoutSecondsPath` and others.
    ///
    /// - Throws: ``StateFailure`` `States.Runtime` with AWS's text.
    public func resolve(in scope: StateScope) throws(StateFailure) -> StateValue {
        do {
            return try evaluate(in: scope)
        } catch {
            throw invalid(error)
        }
    }
}
