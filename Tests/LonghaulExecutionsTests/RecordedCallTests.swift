import Foundation
import LonghaulExecutions
import LonghaulStates
import Testing

/// Calls whose answers AWS has recorded.
struct RecordedCallTests {
    static let cases: [RecordedCall] = {
        let folder = Bundle.module.url(forResource: "Recordings", withExtension: nil)
        guard let file = folder?.appendingPathComponent("calls.jsonl"),
            let text = try? String(contentsOf: file, encoding: .utf8)
        else { return [] }
        return text.split(separator: "\n").compactMap { RecordedCall(String($0)) }
    }()

    @Test func recordingsAreRead() {
        #expect(RecordedCallTests.cases.count >= 90)
    }

    @Test(arguments: cases)
    func answerIsAsRecorded(call: RecordedCall) async throws {
        var expected = call.expected[...]
        let functions = StepFunctions(store: RecordStore(), testedTask: { _, _ in .result(call.workResult) })
        for (operation, input) in call.calls {
            guard let want = expected.popFirst() else { return }
            var got: StateObject
            do {
                got = try await functions.perform(operation, input, by: OperationCaller())
            } catch {
                let text =
                    "An error occurred (\(error.type)) when calling the \(operation) operation: \(error.message)"
                got = StateObject([
                    (
                        "Error",
                        .members([("Code", .string(error.type)), ("Message", .string(error.message))])
                    ),
                    ("message", .string(error.message)), ("exception_typename", .string(error.type)),
                    ("exception_value", .string(text)),
                ])
            }
            for key in got.keys where want["Error"] != nil || want["exception_typename"] != nil {
                if want[key] == nil { got[key] = nil }
            }
            let difference = call.difference(want, .object(got), at: "$")
            #expect(difference == nil)
        }
    }
}

/// A recorded case.
struct RecordedCall: Sendable, CustomTestStringConvertible {
    let id: String
    let calls: [(operation: String, input: StateObject)]
    let expected: [StateValue]
    private let free: [String]

    /// Nil if the case needs log groups, which only AWS has.
    init?(_ line: String) {
        guard let value = try? StateValue(parsing: line), let id = value["id"]?.string,
            value["needs"]?.array?.contains(.string("logs")) == false || id.contains("multiple_destinations")
        else { return nil }
        self.id = id
        calls = (value["calls"]?.array ?? []).map {
            ($0["op"]?.string ?? "", $0["in"]?.object ?? StateObject())
        }
        expected = value["expect"]?.array ?? []
        let words = (value["free"]?.array ?? []).compactMap(\.string) + ["111111111111", "date", "datetime"]
        free = words.filter { !$0.isEmpty }
    }

    var testDescription: String { id }

    /// The result of the work of a Task state that was tested without a mock: what was recorded.
    var workResult: StateValue {
        let recorded = expected[0]["inspectionData"]?["result"] ?? expected[0]["output"] ?? .null
        return recorded.string.flatMap { try? StateValue(parsing: $0) } ?? recorded
    }

    /// The first difference between what was recorded and what was returned; nil for none.
    func difference(_ want: StateValue, _ got: StateValue?, at place: String) -> String? {
        guard let got else { return "\(place) is missing" }
        switch (want, got) {
        case (.string(let text), _) where free.contains(text) || hasPlaceholder(text): return nil
        case (.object(let want), .object(let got)):
            for (key, value) in want.members {
                if let difference = difference(value, got[key], at: "\(place).\(key)") { return difference }
            }
            return got.keys.first { want[$0] == nil }.map { "\(place).\($0) was not recorded" }
        case (.array(let want), .array(let got)) where want.count == got.count:
            return zip(want, got).enumerated().lazy.compactMap { index, pair in
                difference(pair.0, pair.1, at: "\(place)[\(index)]")
            }.first
        case (.object, .string(let text)), (.array, .string(let text)), (.number, .string(let text)),
            (.bool, .string(let text)):
            // Recordings have JSON texts parsed.
            guard let parsed = try? StateValue(parsing: text) else { break }
            return difference(want, parsed, at: place)
        case (.string(let want), .string(let got)):
            // JSON texts are equal if their values are.
            guard want != got, let one = try? StateValue(parsing: want),
                let other = try? StateValue(parsing: got)
            else { break }
            return difference(one, other, at: place)
        default: break
        }
        return want == got ? nil : "\(place): recorded \(want.json), returned \(got.json)"
    }

    private func hasPlaceholder(_ text: String) -> Bool {
        text.contains(/<[A-Za-z][^<>]*>/) || text.contains("111111111111") || text.contains("role_arn")
    }
}
