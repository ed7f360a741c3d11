extension Options {
    static let jsonataInput = Option<String?>.optional(
        "input", "FILE", .text, "The JSON document to evaluate against; - reads standard input.")
    static let jsonataBindings = Option<String?>.optional(
        "bindings", "FILE", .text, "A JSON object whose members become variables.")
    static let jsonataBatch = Option.flag("batch", "Evaluates an expression for each line of standard input.")
    static let noEval = Option.flag("no-eval", "Removes the function $eval, as AWS Step Functions does.")
}
