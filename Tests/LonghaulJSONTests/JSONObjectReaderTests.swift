import LonghaulJSON
import Testing

@Suite("Reading an object's fields")
struct JSONObjectReaderTests {
    private enum Colour: String, CaseIterable {
        case red
        case green
    }

    /// Reads one object with `body`. Returns the errors as `pointer: message`.
    private func faults(
        _ text: String, at pointer: JSONPointer = .root, _ body: (inout JSONObjectReader) -> Void
    ) throws -> [String] {
        let faults = JSONFaults()
        var reader = JSONObjectReader(try parse(text).root, at: pointer, faults: faults)
        body(&reader)
        reader.finish()
        #expect(faults.isEmpty == faults.list.isEmpty)
        return faults.list.map { "\($0.pointer): \($0.message)" }
    }

    @Test("A valid object is read completely and without faults")
    func sound() throws {
        let text = """
            {"kind":"a","priority":5,"ratio":0.5,"live":true,"payload":{"x":[1, 2]},"tags":["a","b"],
             "colour":"green","inner":{"n":1},"list":[1,null],"nothing":null,"r\\u0065d":"escaped"}
            """
        let found = try faults(text) { reader in
            #expect(reader.requiredString("kind") == "a")
            #expect(reader.int("priority", in: 0...9) == 5)
            #expect(reader.double("ratio", in: 0...1) == 0.5)
            #expect(reader.bool("live") == true)
            #expect(reader.text("payload")?.description == #"{"x":[1, 2]}"#)
            #expect(reader.strings("tags") == ["a", "b"])
            #expect(reader.choice("colour", of: Colour.self) == .green)
            var inner = reader.object("inner")
            #expect(inner?.int("n") == 1)
            inner?.finish()
            #expect(reader.array("list")?.map(\.isNull) == [false, true])
            #expect(reader.string("nothing") == nil)
            #expect(reader.string("red") == "escaped")
            #expect(reader.string("absent") == nil)
            #expect(reader.node("nowhere") == nil)
        }
        #expect(found.isEmpty)
    }

    @Test("null counts as absent for every optional field, and is seen by text and node")
    func null() throws {
        let found = try faults(#"{"a":null}"#) { reader in
            #expect(reader.string("a") == nil)
            #expect(reader.int("a") == nil)
            #expect(reader.double("a") == nil)
            #expect(reader.bool("a") == nil)
            #expect(reader.object("a") == nil)
            #expect(reader.array("a") == nil)
            #expect(reader.strings("a") == nil)
            #expect(reader.choice("a", of: Colour.self) == nil)
            #expect(reader.text("a") == .null)
            #expect(reader.node("a")?.isNull == true)
        }
        #expect(found.isEmpty)
    }

    @Test("All faults of an object are reported together, with their places")
    func collects() throws {
        let text = """
            {"kind":7,"priority":12,"ratio":"x","live":0,"tags":["a",1,"b\\u0000",null],"colour":"blue",
             "inner":[],"list":{},"long":"éééé","whole":1.5,"huge":99999999999999999999}
            """
        let found = try faults(text, at: .root.appending("jobs").appending(0)) { reader in
            #expect(reader.requiredString("kind") == nil)
            #expect(reader.int("priority", in: 0...9) == nil)
            #expect(reader.double("ratio", in: 0...1.5) == nil)
            #expect(reader.bool("live") == nil)
            #expect(reader.strings("tags") == nil)
            #expect(reader.choice("colour", of: Colour.self) == nil)
            #expect(reader.object("inner") == nil)
            #expect(reader.array("list") == nil)
            #expect(reader.string("long", maxLength: 3) == nil)
            #expect(reader.int("whole", in: 0...9) == nil)
            #expect(reader.int("huge") == nil)
            #expect(reader.requiredString("missing") == nil)
        }
        #expect(
            found == [
                "/jobs/0/kind: expected a string, got a number",
                "/jobs/0/priority: expected an integer from 0 to 9, got 12",
                "/jobs/0/ratio: expected a number from 0 to 1.5, got a string",
                "/jobs/0/live: expected a boolean, got a number",
                "/jobs/0/tags/1: expected a string, got a number",
                "/jobs/0/tags/2: must not contain U+0000",
                "/jobs/0/tags/3: expected a string, got null",
                "/jobs/0/colour: expected one of \"red\", \"green\", got \"blue\"",
                "/jobs/0/inner: expected an object, got an array",
                "/jobs/0/list: expected an array, got an object",
                "/jobs/0/long: expected at most 3 characters, got 4",
                "/jobs/0/whole: expected an integer from 0 to 9, got 1.5",
                "/jobs/0/huge: expected an integer of 64 bits, got 99999999999999999999",
                "/jobs/0/missing: is required, expected a string",
            ])
    }

    @Test("Lengths are counted in Unicode scalars, and U+0000 is allowed on request")
    func strings() throws {
        let found = try faults(##"{"a":"😀😀","b":"x\u0000","c":["1","2","3"],"d":"\u0000","e":["\u0000"]}"##) {
            reader in
            #expect(reader.string("a", maxLength: 2) == "😀😀")
            #expect(reader.string("b", allowNUL: true) == "x\u{0}")
            #expect(reader.strings("c", maxCount: 2) == nil)
            #expect(reader.string("d") == nil)
            #expect(reader.strings("e") == nil)
        }
        #expect(
            found == [
                "/c: expected at most 2 elements, got 3", "/d: must not contain U+0000",
                "/e/0: must not contain U+0000",
            ])
    }

    @Test("Unknown fields are reported with the most similar known name")
    func unknown() throws {
        let found = try faults(#"{"kind":"a","priorty":1,"zzz":2,"a/b":3}"#) { reader in
            _ = reader.string("kind")
            _ = reader.int("priority")
        }
        #expect(
            found == [
                "/priorty: unknown field; did you mean \"priority\"?", "/zzz: unknown field",
                "/a~1b: unknown field",
            ])
    }

    @Test(
        "A value that is not an object is reported once",
        arguments: [("[]", "an array"), ("null", "null"), ("1", "a number")])
    func noObject(text: String, kind: String) throws {
        let found = try faults(text) { reader in
            #expect(reader.requiredString("kind") == nil)
            #expect(reader.int("n") == nil)
        }
        #expect(found == [": expected an object, got \(kind)"])
    }

    @Test("More than 64 members are tracked, and the number of faults is limited")
    func many() throws {
        let members = (0..<300).map { "\"field-number-\($0)-of-many\":\($0)" }.joined(separator: ",")
        let all = try faults("{\(members)}") { reader in
            for index in 0..<300 {
                #expect(reader.int("field-number-\(index)-of-many") == Int64(index))
            }
        }
        #expect(all.isEmpty)
        let none = try faults("{\(members)}") { _ in }
        #expect(none.count == 100)
    }
}
