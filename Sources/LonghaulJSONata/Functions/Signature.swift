/// The types that a function's arguments must have, and how missing ones are filled from the context.
struct Signature: Sendable {
    /// The types of values, by the symbols of signatures.
    struct TypeSet: OptionSet, Sendable {
        let rawValue: UInt8
        static let array = TypeSet(rawValue: 1)
        static let string = TypeSet(rawValue: 2)
        static let number = TypeSet(rawValue: 4)
        static let bool = TypeSet(rawValue: 8)
        static let null = TypeSet(rawValue: 16)
        static let function = TypeSet(rawValue: 32)
        static let object = TypeSet(rawValue: 64)
        static let missing = TypeSet(rawValue: 128)
        static let any = TypeSet(rawValue: 255)

        private static let symbols: [Character: TypeSet] = [
            "a": .array, "s": .string, "n": .number, "b": .bool, "l": .null, "f": .function, "o": .object,
            "m": .missing,
        ]

        /// The types of a choice such as `sf`; other characters are ignored.
        init(symbols: String) {
            self = symbols.reduce(into: []) { set, symbol in set.formUnion(TypeSet.symbols[symbol] ?? []) }
        }

        init(rawValue: UInt8) { self.rawValue = rawValue }

        /// The type of a value.
        init(of value: Value) {
            switch value {
            case .undefined: self = .missing
            case .null: self = .null
            case .bool: self = .bool
            case .number: self = .number
            case .string: self = .string
            case .array: self = .array
            case .object, .tuple: self = .object
            case .function: self = .function
            }
        }
    }

    /// One parameter of a signature.
    private struct Parameter: Sendable {
        /// The types that are accepted.
        var types: TypeSet
        /// The type as written: a symbol, or a choice in parentheses.
        let type: String
        var subtype: String?
        var isOptional = false
        var isRepeated = false
        var usesContext = false
    }

    /// Why a signature cannot be parsed. The code is U1001 if the signature is too long, with the message as value.
    struct SyntaxError: Error {
        let code: String
        let value: String
        let offset: Int
    }

    private var parameters: [Parameter] = []

    private static let plurals: [String: String] = [
        "a": "arrays", "b": "booleans", "f": "functions", "n": "numbers", "o": "objects", "s": "strings",
    ]

    private static let maxParameters = 100
    private static let maxLength = 1000

    /// Parses a signature such as `<s-nn?:s>`.
    init(_ text: String) throws(SyntaxError) {
        guard text.utf8.count <= Signature.maxLength else {
            throw SyntaxError(
                code: "U1001", value: "A signature is longer than \(Signature.maxLength) characters",
                offset: 0)
        }
        let symbols = Array(text)
        var index = 1
        while index < symbols.count, symbols[index] != ":" {
            index = try parse(symbols, index) + 1
            guard parameters.count <= Signature.maxParameters else {
                throw SyntaxError(
                    code: "U1001", value: "A signature has more than \(Signature.maxParameters) parameters",
                    offset: index)
            }
        }
    }

    /// Parses the symbol at an index, and returns the index of the last symbol that it read.
    private mutating func parse(_ symbols: [Character], _ index: Int) throws(SyntaxError) -> Int {
        let last = parameters.count - 1
        switch symbols[index] {
        case "s", "n", "b", "l", "o":
            let type = String(symbols[index])
            parameters.append(Parameter(types: TypeSet(symbols: type + "m"), type: type))
        case "a", "x": parameters.append(Parameter(types: .any, type: String(symbols[index])))
        case "j": parameters.append(Parameter(types: TypeSet.any.subtracting(.function), type: "j"))
        case "f": parameters.append(Parameter(types: .function, type: "f"))
        case "-" where last >= 0:
            parameters[last].usesContext = true
            parameters[last].isOptional = true
        case "?" where last >= 0: parameters[last].isOptional = true
        case "+" where last >= 0: parameters[last].isRepeated = true
        case "(":
            let end = Signature.close(of: "(", ")", symbols, index)
            let choice = String(symbols[min(index + 1, end)..<end])
            if choice.contains("<") { throw SyntaxError(code: "S0402", value: choice, offset: index) }
            parameters.append(Parameter(types: TypeSet(symbols: choice + "m"), type: "(\(choice))"))
            return end
        case "<":
            let type = last >= 0 ? parameters[last].type : ""
            guard type == "a" || type == "f" else {
                throw SyntaxError(code: "S0401", value: type, offset: index)
            }
            let end = Signature.close(of: "<", ">", symbols, index)
            parameters[last].subtype = String(symbols[min(index + 1, end)..<end])
            return end
        default: break
        }
        return index
    }

    private static func close(
        of open: Character, _ close: Character, _ symbols: [Character], _ start: Int
    ) -> Int {
        var depth = 1
        var index = start + 1
        while index < symbols.count {
            if symbols[index] == close {
                depth -= 1
                if depth == 0 { return index }
            } else if symbols[index] == open {
                depth += 1
            }
            index += 1
        }
        return symbols.count
    }

    // MARK: Checking arguments

    /// Checks arguments, wraps single values for array parameters, and inserts the context.
    ///
    /// - Throws: T0410, T0411 or T0412; U1001 if there are too many ways to match the arguments.
    func validate(
        _ arguments: [Value], context: Value, _ budget: Budget
    ) throws(Failure) -> [Value] {
        if let result = exactMatch(arguments) { return result }
        try budget.allocate((arguments.count + parameters.count) * 24)
        let supplied = arguments.map { TypeSet(of: $0) }
        guard let counts = try match(supplied, parameters.count, isWhole: true, budget) else {
            throw try mismatch(arguments, supplied, budget)
        }
        var result: [Value] = []
        result.reserveCapacity(parameters.count)
        var index = 0
        for (parameter, count) in zip(parameters, counts) {
            if count == 0 {
                try fillMissing(parameter, context, arguments, &index, &result)
                continue
            }
            for _ in 0..<count {
                // A missing argument before this one has consumed a position, as in the reference implementation.
                let argument = index < arguments.count ? arguments[index] : .undefined
                if parameter.type == "a" {
                    result.append(try array(argument, parameter, count: count, index: index, budget))
                } else {
                    result.append(argument)
                }
                index += 1
            }
        }
        return result
    }

    /// The arguments, if each parameter got one that needs no further look.
    private func exactMatch(_ arguments: [Value]) -> [Value]? {
        guard arguments.count == parameters.count else { return nil }
        for (argument, parameter) in zip(arguments, parameters) {
            guard parameter.types.contains(TypeSet(of: argument)), parameter.type != "a",
                !parameter.isRepeated
            else { return nil }
        }
        return arguments
    }

    private func fillMissing(
        _ parameter: Parameter, _ context: Value, _ arguments: [Value], _ index: inout Int,
        _ result: inout [Value]
    ) throws(Failure) {
        guard parameter.usesContext else {
            result.append(index < arguments.count ? arguments[index] : .undefined)
            index += 1
            return
        }
        guard parameter.types.contains(TypeSet(of: context)) else {
            throw Failure("T0411", value: context, details: ["index": .number(Double(index + 1))])
        }
        result.append(context)
    }

    private func array(
        _ value: Value, _ parameter: Parameter, count: Int, index: Int, _ budget: Budget
    ) throws(Failure) -> Value {
        guard value.isDefined else { return .undefined }
        guard case .array(let array) = value else {
            if let subtype = parameter.subtype,
                count > 1 || subtype.count != 1 || TypeSet(symbols: subtype) != TypeSet(of: value)
            {
                throw wrongElements(value, parameter, index)
            }
            return .list([value])
        }
        if let subtype = parameter.subtype, let first = array.items.first {
            try budget.scan(array.count)
            let type = TypeSet(of: first)
            guard type == TypeSet(symbols: String(subtype.prefix(1))),
                array.items.allSatisfy({ TypeSet(of: $0) == type })
            else {
                throw wrongElements(value, parameter, index)
            }
        }
        return value
    }

    private func wrongElements(_ value: Value, _ parameter: Parameter, _ index: Int) -> Failure {
        let type = Signature.plurals[parameter.subtype ?? ""] ?? "another type"
        return Failure(
            "T0412", value: value,
            details: ["index": .number(Double(index + 1)), "type": .string(Text(type))])
    }

    private func mismatch(
        _ arguments: [Value], _ supplied: [TypeSet], _ budget: Budget
    ) throws(Failure) -> Failure {
        var good = 0
        for count in 1...max(1, parameters.count) where count <= parameters.count {
            guard let counts = try match(supplied, count, isWhole: false, budget) else { break }
            good = counts.reduce(0, +)
        }
        return Failure(
            "T0410", value: good < arguments.count ? arguments[good] : .undefined,
            details: ["index": .number(Double(good + 1))])
    }

    /// How many arguments each of the first parameters takes; nil if the arguments do not match.
    private func match(
        _ supplied: [TypeSet], _ parameterCount: Int, isWhole: Bool, _ budget: Budget
    ) throws(Failure) -> [Int]? {
        var counts = [Int](repeating: 0, count: parameterCount)
        var failed = Set<Int>()
        func fill(_ parameter: Int, _ start: Int) throws(Failure) -> Bool {
            try budget.step()
            try budget.checkStack()
            guard parameter < parameterCount else { return !isWhole || start == supplied.count }
            let state = parameter * (supplied.count + 1) + start
            guard !failed.contains(state) else { return false }
            let accepted = parameters[parameter]
            var maximum = 0
            let limit = accepted.isRepeated ? supplied.count - start : min(1, supplied.count - start)
            while maximum < limit, accepted.types.contains(supplied[start + maximum]) { maximum += 1 }
            try budget.scan(maximum)
            let minimum = accepted.isOptional ? 0 : 1
            var count = maximum
            while count >= minimum {
                try budget.step()
                counts[parameter] = count
                if try fill(parameter + 1, start + count) { return true }
                count -= 1
            }
            try budget.allocate(32)
            failed.insert(state)
            return false
        }
        return try fill(0, 0) ? counts : nil
    }
}
