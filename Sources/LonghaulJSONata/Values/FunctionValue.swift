/// A function as a value.
final class FunctionValue {
    /// What a call does.
    enum Kind {
        /// Runs a lambda's body in a frame below the one where it was defined.
        case lambda(Lambda, input: Value, frame: Frame)
        /// A tail call that waits for the caller to make it.
        case thunk(Call, input: Value, frame: Frame)
        /// Runs a lambda some of whose parameters are already bound in the frame.
        case partialLambda(Lambda, parameters: [Name], input: Value, frame: Frame)
        /// Runs a built-in function.
        case builtin(Builtin)
        /// Calls a function with some arguments already given; nil for the missing ones.
        case partial(FunctionValue, arguments: [Value?])
        /// Matches a string with a regular expression.
        case regex(Pattern, position: Int)
        /// Finds the next match after an offset.
        case nextMatch(Pattern, position: Int, subject: Text, offset: Int)
        /// Copies and changes a value.
        case transform(Transform, frame: Frame)
        /// Calls a function that was passed as an argument, and so has no context.
        case passed(FunctionValue)
    }

    let kind: Kind
    /// How deeply functions and containers nest in what the function holds, itself included. Frames do not
    /// count: the evaluator releases them one by one.
    let nesting: Int

    init(_ kind: Kind) {
        self.kind = kind
        nesting = FunctionValue.nesting(in: kind) + 1
    }

    private static func nesting(in kind: Kind) -> Int {
        switch kind {
        case .lambda(_, let input, _), .thunk(_, let input, _), .partialLambda(_, _, let input, _):
            input.nesting
        case .partial(let function, let arguments):
            arguments.reduce(function.nesting) { max($0, $1?.nesting ?? 0) }
        case .passed(let function): function.nesting
        case .builtin, .regex, .nextMatch, .transform: 0
        }
    }

    /// The number of arguments that higher-order functions pass.
    var arity: Int {
        switch kind {
        case .lambda(let lambda, _, _): lambda.parameters.count
        case .thunk: 0
        case .partialLambda(_, let parameters, _, _): parameters.count
        case .builtin(let builtin): builtin.arity
        case .partial(_, let arguments): arguments.count { $0 == nil }
        case .regex: 2
        case .nextMatch: 0
        case .transform: 1
        case .passed(let function): function.arity
        }
    }
}
