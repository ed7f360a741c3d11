import LonghaulJSON
import Testing

@Suite("Duplicate keys")
struct DuplicateKeyTests {
    @Test(
        "A repeated key is rejected with its pointer",
        arguments: [
            (#"{"kind":1,"kind":2}"#, "kind", "/kind", 10),
            (#"{"a":1,"\u0061":2}"#, "a", "/a", 7),
            (#"{"\u0061":1,"a":2}"#, "a", "/a", 12),
            (#"{"\u00e9":1,"é":2}"#, "é", "/é", 12),
            (#"{"":1,"":2}"#, "", "/", 6),
            (#"{"x":[0,{"y":{"b/c":1,"b/c":1}}]}"#, "b/c", "/x/1/y/b~1c", 22),
            (#"[[],[{"~":1,"~":1}]]"#, "~", "/1/0/~0", 12),
            (#"{"k\n":{"a":{},"a":{}}}"#, "a", "/k\n/a", 15),
        ])
    func rejected(text: String, name: String, pointer: String, offset: Int) {
        let expected = JSONError(message: "duplicate key \"\(name)\"", offset: offset, pointer: pointer)
        #expect(parseError(text) == expected)
    }

    @Test(
        "Keys that only look alike are accepted",
        arguments: [
            #"{"a":1,"A":2}"#, #"{"a":{"a":{"a":1}}}"#, #"[{"a":1},{"a":1}]"#, #"{"a":1,"a ":2}"#,
            "{\"e\u{301}\":1,\"\u{E9}\":2}", #"{"a\\u0061":1,"aa":2}"#,
        ])
    func accepted(text: String) {
        #expect(parseError(text) == nil)
    }

    @Test("Objects of every size are checked", arguments: [2, 11, 12, 13, 14, 100, 5000])
    func sizes(count: Int) throws {
        let members = (0..<count).map { "\"key\($0 * 7919 % count)-\($0)\":\($0)" }
        let text = "{" + members.joined(separator: ",")
        #expect(try parse(text + "}").root.members.count == count)
        let repeated = "key\(7919 % count)-1"
        let error = parseError(text + ",\"\(repeated)\":0}")
        #expect(error?.pointer == "/" + repeated)
        #expect(error?.offset == text.utf8.count + 1)
    }

    @Test("The earliest of several repeated keys is reported")
    func earliest() {
        let members = (0..<20).map { "\"k\($0)\":0" } + ["\"k9\":0", "\"k3\":0", "\"k9\":0"]
        #expect(parseError("{" + members.joined(separator: ",") + "}")?.pointer == "/k9")
    }
}
