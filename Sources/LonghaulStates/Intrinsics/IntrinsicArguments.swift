import Foundation
internal import LonghaulJSON

/// The evaluated arguments of a call, and what the function makes of them.
struct IntrinsicArguments {
    let call: IntrinsicCall
    let values: [StateValue]

    /// Maximum length of a string that a function makes, in bytes.
    private static let maxLength = 1 << 20

    func failure(_ message: String) -> StateFailure {
        .intrinsic("The function '\(call.text)' had the following error: \(message)")
    }

    /// The result of the function.
    func result() throws(StateFailure) -> StateValue {
        switch call.function {
        case .format: try format()
        case .stringToJson: try stringToJson()
        case .jsonToString: .string(values[0].json.description)
        case .array: .array(values)
        case .arrayPartition: try arrayPartition()
        case .arrayContains: .bool(try array(0).contains { $0.isIdentical(to: values[1]) })
        case .arrayRange: try arrayRange()
        case .arrayGetItem: try arrayGetItem()
        case .arrayLength: .integer(try array(0).count)
        case .arrayUnique: try arrayUnique()
        case .base64Encode: .string(Data(try shortString(0).utf8).base64EncodedString())
        case .base64Decode: try base64Decode()
        case .hash: try hash()
        case .jsonMerge: try jsonMerge()
        case .mathRandom: try mathRandom()
        case .mathAdd: try mathAdd()
        case .stringSplit: try stringSplit()
        case .uuid: .string(UUID().uuidString.lowercased())
        }
    }

    func string(_ index: Int) throws(StateFailure) -> String {
        guard let string = values[index].string else {
            throw failure("Argument \(index + 1) must be a string")
        }
        return string
    }

    func array(_ index: Int) throws(StateFailure) -> [StateValue] {
        guard let array = values[index].array else {
            throw failure("Argument \(index + 1) must be an array")
        }
        return array
    }

    /// A number, rounded to an integer as AWS rounds: halves go up.
    func integer(_ index: Int) throws(StateFailure) -> Int64 {
        guard let number = values[index].number else {
            throw failure("Argument \(index + 1) must be a number")
        }
        if let integer = number.int64 { return integer }
        let rounded = (number.double + 0.5).rounded(.down)
        guard let integer = Int64(exactly: rounded) else {
            throw failure("Argument \(index + 1) is out of range")
        }
        return integer
    }

    private func format() throws(StateFailure) -> StateValue {
        let parts = IntrinsicText.parts(of: try string(0))
        guard parts.count == values.count else {
            throw failure("number of arguments do not match the occurrences of {}")
        }
        var text = parts[0]
        for (value, part) in zip(values.dropFirst(), parts.dropFirst()) {
            text += value.javaText + part
            guard text.utf8.count <= IntrinsicArguments.maxLength else { throw .tooLarge }
        }
        return .string(text)
    }

    private func stringToJson() throws(StateFailure) -> StateValue {
        let text = try string(0)
        guard !text.allSatisfy(\.isWhitespace) else { return .null }
        do {
            return try StateValue(parsing: text)
        } catch {
            throw failure("Invalid JSON: \(error.message)")
        }
    }

    private func jsonMerge() throws(StateFailure) -> StateValue {
        guard let left = values[0].object, let right = values[1].object else {
            throw failure("Arguments 1 and 2 must be JSON objects")
        }
        guard let isDeep = values[2].bool else { throw failure("Argument 3 must be a boolean") }
        guard !isDeep else { throw failure("Deep merging is not supported. Argument 3 must be false") }
        var merged = left
        for (key, value) in right.members { merged[key] = value }
        let order = JavaHashOrder.sorted(merged.keys)
        return .members(order.map { (merged.keys[$0], merged.values[$0]) })
    }

    /// Splits at each character of the second argument. Empty parts are left out.
    private func stringSplit() throws(StateFailure) -> StateValue {
        let text = try string(0)
        let separators = Set(try string(1).unicodeScalars)
        let parts = text.unicodeScalars.split { separators.contains($0) }
        return .array(parts.map { .string(String($0)) })
    }
}
