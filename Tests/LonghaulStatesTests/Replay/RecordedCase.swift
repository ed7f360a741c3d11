import LonghaulJSON
import LonghaulStates

/// An execution that AWS recorded, with the calls that led to it.
struct RecordedCase: Sendable {
    /// The name of the test that it comes from.
    let id: String
    /// The services that it needs beside Step Functions.
    let needs: [String]
    /// The form of what is expected: `history`, `outputs` and others.
    let shape: String
    /// Words in the expectation that stand for any text.
    let free: [String]
    let calls: [Call]
    let expected: [StateValue]

    struct Call: Sendable {
        let operation: String
        let input: StateValue
        let output: StateValue
    }

    /// Reads cases; those that are not in the known form are left out.
    static func read(_ bytes: [UInt8]) throws -> [RecordedCase] {
        let root = try JSONDocument(lenientlyParsing: bytes).root
        return (root["cases"]?.elements ?? []).compactMap { RecordedCase(StateValue($0)) }
    }

    /// Reads a case; nil if it is not in the known form.
    init?(parsing text: String) throws {
        self.init(StateValue(try JSONDocument(lenientlyParsing: Array(text.utf8)).root))
    }

    private init?(_ value: StateValue) {
        guard let id = value["id"]?.string, let shape = value["shape"]?.string,
            let calls = value["calls"]?.array
        else { return nil }
        self.id = id.split(separator: "/").last.map(String.init) ?? id
        self.shape = shape
        needs = value["needs"]?.array?.compactMap(\.string) ?? []
        free = value["free"]?.array?.compactMap(\.string) ?? []
        expected = value["expect"]?.array ?? []
        self.calls = calls.map {
            Call(
                operation: $0["op"]?.string ?? "", input: $0["in"] ?? .null, output: $0["out"] ?? .null)
        }
    }
}
