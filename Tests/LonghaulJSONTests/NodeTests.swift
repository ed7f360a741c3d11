import LonghaulJSON
import Testing

@Suite("Nodes of a document")
struct NodeTests {
    @Test("Kinds, names and values")
    func kinds() throws {
        let nodes = try parse(#"[{"a":1},[2],"s",3,true,false,null]"#).root.elements
        #expect(nodes.map(\.kind) == [.object, .array, .string, .number, .bool, .bool, .null])
        #expect(
            nodes.map(\.kindName)
                == ["an object", "an array", "a string", "a number", "a boolean", "a boolean", "null"])
        #expect(nodes.map(\.text.description) == [#"{"a":1}"#, "[2]", #""s""#, "3", "true", "false", "null"])
        #expect(nodes.map(\.bool) == [nil, nil, nil, nil, true, false, nil])
        #expect(nodes.map(\.int) == [nil, nil, nil, 3, nil, nil, nil])
        #expect(nodes.map(\.double) == [nil, nil, nil, 3, nil, nil, nil])
        #expect(nodes.map(\.string) == [nil, nil, "s", nil, nil, nil, nil])
        #expect(nodes.map(\.isNull) == [false, false, false, false, false, false, true])
        #expect(nodes.map(\.elements.count) == [0, 1, 0, 0, 0, 0, 0])
        #expect(nodes.map(\.members.count) == [1, 0, 0, 0, 0, 0, 0])
    }

    @Test("Members keep their order and are found by their key, escaped or not")
    func members() throws {
        let root = try parse(#"{"b":{"x":[1,2]},"\u0061":2,"é":3}"#).root
        #expect(root.members.map(\.key) == ["b", "a", "é"])
        #expect(root["a"]?.int == 2)
        #expect(root["é"]?.int == 3)
        #expect(root["b"]?["x"]?.elements.map(\.int) == [1, 2])
        #expect(root["c"] == nil)
        #expect(root["a"]?["x"] == nil)
    }

    @Test(
        "Integers are exact in every spelling",
        arguments: [
            ("0", 0), ("-0", 0), ("-0.0", 0), ("1.0", 1), ("1e2", 100), ("1.50e1", 15), ("100e-2", 1),
            ("-12", -12), ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("922337203685477580.7e1", .max), ("-9.223372036854775808e18", .min), ("0e999", 0),
            ("0e99999999999999999999", 0), ("123456789012345678", 123_456_789_012_345_678),
            ("1000000000000000000.000", 1_000_000_000_000_000_000),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("1.5", nil), ("1e-1", nil),
            ("1e19", nil), ("1e99999999999999999999", nil), ("123456789012345678901234567890", nil),
        ] as [(String, Int64?)])
    func integers(text: String, expected: Int64?) throws {
        #expect(try parse(text).root.int == expected)
    }

    @Test("Large numbers keep their text, and have no double only beyond its range")
    func bigNumbers() throws {
        let big = try parse("[123456789012345678901234567890,1e400,-1E+400,1e-400,0.1]").root.elements
        #expect(
            big.map(\.text.description)
                == ["123456789012345678901234567890", "1e400", "-1E+400", "1e-400", "0.1"])
        #expect(big.map(\.double) == [123456789012345677877719597056, nil, nil, 0, 0.1])
    }

    @Test("A node keeps its document alive, also in other tasks")
    func lifetime() async throws {
        let node = try parse(#"{"a":["x","y"]}"#).root["a"]
        let strings = await Task.detached { node?.elements.compactMap(\.string) }.value
        #expect(strings == ["x", "y"])
    }

    @Test("Many tasks can parse concurrently")
    func concurrency() async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for task in 0..<32 {
                group.addTask {
                    for round in 0..<50 {
                        let root = try parse(#"{"task":\#(task),"list":[\#(round),"\#(round)"]}"#).root
                        guard root["task"]?.int == Int64(task) else { return false }
                        guard root["list"]?.elements.last?.string == String(round) else { return false }
                    }
                    return true
                }
            }
            for try await isRight in group {
                #expect(isRight)
            }
        }
    }
}
