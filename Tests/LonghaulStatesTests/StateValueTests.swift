import LonghaulJSON
import LonghaulStates
import Testing

@Suite struct StateValueTests {
    @Test(arguments: [
        ("1", "1"), ("1.0", "1.0"), ("1e10", "1.0E10"), ("1E-5", "1.0E-5"), ("0.001", "0.001"),
        ("9999999.0", "9999999.0"), ("1e7", "1.0E7"), ("12345678.9", "1.23456789E7"), ("-0.0", "-0.0"),
        ("123456789012345678901234567890", "123456789012345678901234567890"), ("0.1", "0.1"),
        ("-2.50", "-2.5"), ("100.0", "100.0"), ("1.5e300", "1.5E300"), ("0.0001", "1.0E-4"),
        ("1e309", "1e309"), ("-1E+999", "-1E+999"),
    ])
    func numbersAreWrittenAsOnAWS(text: String, written: String) throws {
        #expect(try StateValue(parsing: text).json.description == written)
    }

    @Test func objectsKeepTheOrderOfTheirKeys() throws {
        let text = #"{"z":1,"a":[true,null,"x\n"],"m":{}}"#
        #expect(try StateValue(parsing: text).json.description == text)
    }

    @Test func theLastOfEqualKeysWins() throws {
        #expect(try StateValue(parsing: #"{"a":1,"b":2,"a":3}"#).json.description == #"{"a":3,"b":2}"#)
    }

    @Test func valuesAreComparedByMeaning() throws {
        let left = try StateValue(parsing: #"{"a":1,"b":[1.0]}"#)
        let right = try StateValue(parsing: #"{"b":[1],"a":1e0}"#)
        #expect(left == right)
        #expect(left.hashValue == right.hashValue)
        #expect(StateValue.string("e\u{301}") != .string("\u{e9}"))
    }

    @Test func largeObjectsFindAndRemoveKeys() {
        var object = StateObject((0..<100).map { ("k\($0)", .integer($0)) })
        object["k50"] = nil
        object["k99"] = .null
        #expect(object.count == 99)
        #expect(object["k50"] == nil)
        #expect(object["k51"] == .integer(51))
        #expect(object["k99"] == .null)
    }

    @Test func nestingIsBounded() throws {
        let deep = String(repeating: "[", count: 1001) + String(repeating: "]", count: 1001)
        #expect(throws: JSONError.self) { try StateValue(parsing: deep) }
        var value = StateValue.null
        for _ in 0..<1000 { value = .array([value]) }
        #expect(value.jsonSize() != nil)
        #expect(StateValue.array([value]).jsonSize() == nil)
    }

    @Test func theSizeOfSharedValuesIsCountedUpToTheLimit() {
        var value = StateValue.string("x")
        for _ in 0..<100 { value = .array([value, value]) }
        #expect(value.jsonSize(limit: 1 << 20) == nil)
    }
}
