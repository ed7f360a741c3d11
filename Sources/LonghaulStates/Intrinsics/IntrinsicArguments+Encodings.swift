import Foundation
internal import LonghaulJSONata

extension IntrinsicArguments {
    /// Maximum length of the text of `States.Base64Encode`, `States.Base64Decode` and `States.Hash`.
    private static let maxCharacters = 10_000

    func shortString(_ index: Int) throws(StateFailure) -> String {
        let string = try string(index)
        guard string.utf16.count <= IntrinsicArguments.maxCharacters else {
            throw failure("Argument \(index + 1) must not have more than 10,000 characters")
        }
        return string
    }

    func base64Decode() throws(StateFailure) -> StateValue {
        var text = try shortString(0)
        // Java accepts texts without their padding.
        if text.utf8.count % 4 != 0, !text.hasSuffix("=") {
            text += String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        }
        guard let data = Data(base64Encoded: text) else { throw failure("Argument 1 is not valid Base64") }
        return .string(String(decoding: data, as: UTF8.self))
    }

    private static let hashExpression = try? JSONataExpression(compiling: "$hash(data, algorithm)")

    func hash() throws(StateFailure) -> StateValue {
        let data = try shortString(0)
        let algorithm = try string(1)
        let input = JSONataValue(members: [
            ("data", JSONataValue(data)), ("algorithm", JSONataValue(algorithm)),
        ])
        guard let digest = try? IntrinsicArguments.hashExpression?.evaluate(input)?.string else {
            throw failure("Unknown algorithm \(algorithm). Use MD5, SHA-1, SHA-256, SHA-384 or SHA-512")
        }
        return .string(digest)
    }
}
