/// The messages of the error codes. `{{name}}` stands for a detail as JSON, `{{{name}}}` for its plain text.
enum ErrorCatalog {
    /// The message of a code, with its details filled in.
    static func message(_ code: String, _ details: [String: Value]) -> String {
        guard let template = templates[code] else { return "Error \(code)" }
        var result = ""
        var rest = Substring(template)
        while let open = rest.firstRange(of: "{{") {
            result += rest[..<open.lowerBound]
            rest = rest[open.upperBound...]
            let isPlain = rest.hasPrefix("{")
            guard let close = rest.firstRange(of: isPlain ? "}}}" : "}}") else { break }
            let name = String(rest[..<close.lowerBound].drop { $0 == "{" })
            result += text(details[name] ?? .undefined, isPlain: isPlain)
            rest = rest[close.upperBound...]
        }
        return result + rest
    }

    private static let maxDetailLength = 200

    private static func text(_ value: Value, isPlain: Bool) -> String {
        guard value.isDefined else { return "undefined" }
        if isPlain, case .string(let text) = value { return text.string }
        if case .number(let number) = value, !number.isFinite { return "null" }
        let budget = Budget(JSONataLimits(maxAllocatedBytes: 1 << 20))
        var writer = ValueWriter(isForString: false, budget: budget)
        do {
            try writer.write(value)
        } catch {
            return "a large value"
        }
        let text = Text(writer.units)
        return text.count <= maxDetailLength ? text.string : text.slice(0, maxDetailLength).string + "…"
    }

    private static let templates: [String: String] = static_.merging(dynamic) { first, _ in first }

    private static let static_: [String: String] = [
        "S0101": "String literal has no closing quote",
        "S0102": "Number out of range: {{token}}",
        "S0103": "Unsupported escape sequence: \\{{token}}",
        "S0104": "The escape sequence \\u must be followed by 4 hex digits",
        "S0105": "Quoted name has no closing backquote (`)",
        "S0106": "Comment has no closing */",
        "S0201": "Syntax error: {{token}}",
        "S0202": "Expected {{value}}, got {{token}}",
        "S0203": "Expected {{value}} before the end of the expression",
        "S0204": "Unknown operator: {{token}}",
        "S0205": "Unexpected token: {{token}}",
        "S0206": "Unknown expression type: {{token}}",
        "S0207": "Unexpected end of expression",
        "S0208": "Parameter {{value}} of a function definition must be a variable name (start with $)",
        "S0209": "A predicate cannot follow a grouping expression in a step",
        "S0210": "A step can have only one grouping expression",
        "S0211": "The symbol {{token}} cannot be used as a unary operator",
        "S0212": "The left side of := must be a variable name (start with $)",
        "S0213": "The literal {{value}} cannot be a step of a path",
        "S0214": "The right side of {{token}} must be a variable name (start with $)",
        "S0215": "A context variable binding must come before the predicates of a step",
        "S0216": "A context variable binding must come before the order-by clause of a step",
        "S0217": "The parent object cannot be derived from this expression",
        "S0301": "Empty regular expressions are not allowed",
        "S0302": "Regular expression has no closing /",
        "S0303": "Invalid regular expression: {{{value}}}",
        "S0401": "Type parameters can only be applied to functions and arrays",
        "S0402": "Choice groups that contain parameterized types are not supported",
        "T0410": "Argument {{index}} of function {{token}} does not match the function's signature",
        "T0411": "The context value is not compatible with argument {{index}} of function {{token}}",
        "T0412": "Argument {{index}} of function {{token}} must be an array of {{type}}",
    ]

    private static let dynamic: [String: String] = [
        "D1001": "Number out of range: {{value}}",
        "D1002": "Cannot negate a value that is not a number: {{value}}",
        "T1003": "A key of an object must be a string, got {{value}}",
        "D1004": "Regular expression matches a zero-length string",
        "T1005": "Attempted to call something that is not a function. Did you mean ${{{token}}}?",
        "T1006": "Attempted to call something that is not a function",
        "T1007": "Attempted to partially apply something that is not a function. Did you mean ${{{token}}}?",
        "T1008": "Attempted to partially apply something that is not a function",
        "D1009": "Several key expressions evaluate to the same key: {{value}}",
        "T1010": "The matcher passed to function {{token}} does not return the correct object structure",
        "D1013": "Object keys that start with _jsonata_ are reserved: {{value}}",
        "T2001": "The left side of the {{token}} operator must evaluate to a number",
        "T2002": "The right side of the {{token}} operator must evaluate to a number",
        "T2003": "The left side of the range operator (..) must evaluate to an integer",
        "T2004": "The right side of the range operator (..) must evaluate to an integer",
        "T2006": "The right side of the function application operator ~> must be a function",
        "T2007": "An order-by clause cannot compare {{value}} with {{value2}}",
        "T2008": "The expressions of an order-by clause must evaluate to numbers or strings",
        "T2009": "The values {{value}} and {{value2}} of operator {{token}} must be of the same type",
        "T2010": "Both sides of operator {{token}} must evaluate to numbers or strings",
        "T2011": "The update clause of a transform must evaluate to an object, got {{value}}",
        "T2012":
            "The delete clause of a transform must evaluate to a string or an array of strings, got {{value}}",
        "T2013": "The transform expression needs $clone, which is not a function in this scope",
        "D2014": "The range operator (..) must not produce more than 1e7 values, asked for {{value}}",
        "D3001": "Cannot convert Infinity or NaN to a string",
        "D3010": "The second argument of $replace must not be an empty string",
        "D3011": "The fourth argument of $replace must not be negative",
        "D3012": "Attempted to replace a match with a value that is not a string",
        "D3020": "The third argument of $split must not be negative",
        "D3030": "Unable to convert the value to a number: {{value}}",
        "D3040": "The third argument of $match must not be negative",
        "D3050": "The second argument of $reduce must be a function with at least two parameters",
        "D3060": "$sqrt cannot be applied to a negative number: {{value}}",
        "D3061": "The result of $power is out of range: base={{value}}, exponent={{exp}}",
        "D3070":
            "$sort with one argument needs an array of strings or of numbers. Pass a comparison function",
        "D3080": "The picture must have at most two sub-pictures",
        "D3081": "The sub-picture has more than one decimal separator",
        "D3082": "The sub-picture has more than one percent character",
        "D3083": "The sub-picture has more than one per-mille character",
        "D3084": "The sub-picture has both a percent and a per-mille character",
        "D3085": "The mantissa of the sub-picture has no digit",
        "D3086": "The sub-picture has a passive character between active characters",
        "D3087": "The sub-picture has a grouping separator beside the decimal separator",
        "D3088": "The integer part of the sub-picture ends with a grouping separator",
        "D3089": "The sub-picture has two adjacent grouping separators",
        "D3090": "The integer part of the sub-picture has an optional digit after a mandatory one",
        "D3091": "The fractional part of the sub-picture has a mandatory digit after an optional one",
        "D3092": "A sub-picture with a percent or per-mille character cannot have an exponent",
        "D3093": "The exponent of the sub-picture must consist of mandatory digits",
        "D3100": "The radix of $formatBase must be between 2 and 36, got {{value}}",
        "D3110": "The argument of $toMillis must be an ISO 8601 timestamp, got {{value}}",
        "D3120": "Syntax error in the expression passed to $eval: {{value}}",
        "D3121": "Error while evaluating the expression passed to $eval: {{value}}",
        "D3130": "Integers cannot be formatted or parsed as a sequence that starts with {{value}}",
        "D3131": "All digits of a decimal picture must be of the same script",
        "D3132": "Unknown component {{value}} in the date/time picture",
        "D3133": "Only months and days can be formatted as names, not {{value}}",
        "D3134": "The timezone format must not have more than four digits",
        "D3135": "The date/time picture has no closing bracket ]",
        "D3136": "The date/time picture lacks components that are needed to parse the timestamp",
        "D3138": "$single expected exactly 1 match, found more",
        "D3139": "$single expected exactly 1 match, found none",
        "D3140": "Malformed URL passed to ${{{functionName}}}(): {{value}}",
        "D3150": "$partition needs a positive integer as its chunk size, got {{value}}",
        "D3151": "$range needs integers, and a step that is not zero",
        "D3152": "$range must not produce more than {{limit}} values, asked for {{value}}",
        "D3153": "Unknown hash algorithm {{value}}. Use MD5, SHA-1, SHA-256, SHA-384 or SHA-512",
        "D3154": "$parse: {{{value}}}",
        "D3155": "The result is a function, or holds one",
    ]
}
