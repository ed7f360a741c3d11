import Foundation
import LonghaulJSON
import LonghaulJSONata
import Testing

/// Runs the reference cases of jsonata-js.
@Suite struct ReferenceTests {
    @Test func referenceCasesPass() throws {
        let suite = try ReferenceTests.suite()
        let cases = suite["cases"]?.elements ?? []
        #expect(cases.count == 1103)
        var failures: [String] = []
        for reference in cases {
            let name = reference["case"]?.string ?? ""
            if let problem = try ReferenceTests.run(reference, suite) {
                failures.append("\(name): \(problem)")
            }
        }
        #expect(failures.isEmpty, "\(failures.count) failures: \(failures.joined(separator: "\n"))")
    }

    private static func suite() throws -> JSONataValue {
        let url = try #require(Bundle.module.url(forResource: "Cases/cases", withExtension: "json"))
        return try JSONataValue(parsing: Array(try Data(contentsOf: url)))
    }

    /// Runs one case. Returns the difference from the expected outcome; nil if there is none.
    private static func run(_ reference: JSONataValue, _ suite: JSONataValue) throws -> String? {
        guard let source = reference["expr"] else { return "no expression" }
        let dataset = reference["dataset"]?.string.flatMap { suite["datasets"]?[$0] }
        var options = JSONataOptions()
        options.limits.maxMilliseconds = Int(reference["timelimit"]?.number ?? 120_000)
        options.limits.maxDepth = Int(reference["depth"]?.number ?? 1000)
        let bindings = reference["bindings"]?.dictionary ?? [:]
        do {
            let result = try JSONataExpression(compiling: source).evaluate(
                reference["data"] ?? dataset, bindings: bindings, options: options)
            return try compare(result, reference)
        } catch let error as JSONataError {
            return compare(error, reference)
        }
    }

    private static func compare(_ result: JSONataValue?, _ reference: JSONataValue) throws -> String? {
        if reference["undefinedResult"] != nil { return result == nil ? nil : "expected no result" }
        guard let expected = reference["result"] else { return "expected an error" }
        guard let result else { return "no result" }
        let left = try JSONValue(try result.json())
        let right = try JSONValue(try expected.json())
        if areEqual(left, right) { return nil }
        if reference["unordered"] != nil, case .array(let a) = left, case .array(var rest) = right {
            for item in a {
                guard let match = rest.firstIndex(where: { areEqual(item, $0) }) else {
                    return "got \(item), which is not expected"
                }
                rest.remove(at: match)
            }
            return rest.isEmpty ? nil : "\(rest.count) items are missing"
        }
        return "got \(String(decoding: left.canonical().prefix(300), as: UTF8.self))"
    }

    /// Compares values, with numbers as doubles.
    private static func areEqual(_ left: JSONValue, _ right: JSONValue) -> Bool {
        switch (left, right) {
        case (.number(let a), .number(let b)): Double(a.text.description) == Double(b.text.description)
        case (.array(let a), .array(let b)): a.count == b.count && zip(a, b).allSatisfy { areEqual($0, $1) }
        case (.object(let a), .object(let b)):
            a.count == b.count && zip(a, b).allSatisfy { $0.key == $1.key && areEqual($0.value, $1.value) }
        default: left == right
        }
    }

    private static func compare(_ error: JSONataError, _ reference: JSONataValue) -> String? {
        let details = reference["error"]
        let expected = reference["code"]?.string ?? details?["code"]?.string
        guard error.code == expected else { return "\(error), expected \(expected ?? "a result")" }
        if let token = reference["token"]?.string ?? details?["token"]?.string, token != error.token {
            return "token \(error.token ?? "none"), expected \(token)"
        }
        if let message = details?["message"]?.string, message != error.message {
            return "message \(error.message)"
        }
        return nil
    }
}
