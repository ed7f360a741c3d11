internal import LonghaulJSONata

/// What the JSONata expressions of a state can read: `$states` and the variables.
///
/// It converts each value once, when the first expression reads it. One scope serves all the fields that read the same
/// values.
public final class QueryScope {
    private let scope: StateScope
    private let result: StateValue?
    private let errorOutput: StateValue?
    private let nowMilliseconds: Int64?
    /// The converted fields of `$states`.
    private var fields: [String: JSONataValue] = [:]
    /// The converted variables.
    private var variables: [String: JSONataValue] = [:]
    /// The integers of the converted values that doubles cannot hold.
    private var exact = ExactIntegers()

    /// A scope.
    ///
    /// - Parameters:
    ///   - scope: The input, the context object and the variables.
    ///   - result: `$states.result`, where there is one.
    ///   - errorOutput: `$states.errorOutput`, in a catcher.
    ///   - nowMilliseconds: The time of `$now` and `$millis`, in milliseconds since 1970; nil for the current time.
    public init(
        _ scope: StateScope, result: StateValue? = nil, errorOutput: StateValue? = nil,
        nowMilliseconds: Int64? = nil
    ) {
        self.scope = scope
        self.result = result
        self.errorOutput = errorOutput
        self.nowMilliseconds = nowMilliseconds
    }

    /// The value of an expression; nil if it is undefined.
    func evaluate(
        _ expression: JSONataExpression, reading references: JSONataReferences, maxMilliseconds: Int
    ) throws(JSONataError) -> StateValue? {
        let limits = JSONataLimits(
            maxMilliseconds: maxMilliseconds, maxAllocatedBytes: QueryScope.maxAllocatedBytes)
        let result = try expression.evaluate(
            nil, bindings: bindings(references),
            options: JSONataOptions(
                limits: limits, allowsEval: false, allowsFunctionResults: false,
                nowMilliseconds: nowMilliseconds))
        return result.map { StateValue(query: $0, exact) }
    }

    /// Maximum memory of one expression.
    private static let maxAllocatedBytes = 128 << 20

    /// The variables that an expression reads.
    private func bindings(_ references: JSONataReferences) -> [String: JSONataValue] {
        var bindings: [String: JSONataValue] = [:]
        var names: [String] = []
        for variable in references.variables {
            if variable.name == "states" {
                names += variable.field.map { [$0] } ?? ["input", "result", "errorOutput", "context"]
            } else {
                bindings[variable.name] = converted(variable: variable.name)
            }
        }
        if !names.isEmpty {
            bindings["states"] = JSONataValue(
                members: names.compactMap { name in converted(field: name).map { (name, $0) } })
        }
        return bindings
    }

    private func converted(variable name: String) -> JSONataValue? {
        if let value = variables[name] { return value }
        let value = scope.variables[name]?.query(&exact)
        variables[name] = value
        return value
    }

    private func converted(field name: String) -> JSONataValue? {
        if let value = fields[name] { return value }
        let value: StateValue? =
            switch name {
            case "input": scope.input
            case "result": result
            case "errorOutput": errorOutput
            case "context": scope.context
            default: nil
            }
        fields[name] = value?.query(&exact)
        return fields[name]
    }
}
