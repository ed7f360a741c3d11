import LonghaulJSON
import LonghaulStates
import Testing

struct ItemTests {
    private static func items(
        _ text: String, _ format: ItemFormat, maxItems: Int? = nil, chunk: Int = 3
    ) throws -> String {
        var stream = try ItemStream(format, maxItems: maxItems)
        var items: [StateValue] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            items += try stream.append(bytes[start..<min(start + chunk, bytes.count)])
        }
        items += try stream.finish()
        return StateValue.array(items).json.description
    }

    @Test func theHeaderOfCSVIsTheFirstRow() throws {
        let format = ItemFormat(inputType: "CSV", headerLocation: "FIRST_ROW")
        let text = "id,name\r\n1,\"a, \"\"b\"\"\nc\"\r\n\r\n2\n3,x,extra"
        #expect(
            try ItemTests.items(text, format)
                == #"[{"id":"1","name":"a, \"b\"\nc"},{"id":"2","name":""},{"id":"3","name":"x"}]"#)
    }

    @Test func theHeaderOfCSVIsGiven() throws {
        let format = ItemFormat(
            inputType: "CSV", delimiter: "SEMICOLON", headerLocation: "GIVEN", headers: ["a", "b"])
        #expect(
            try ItemTests.items("1;2\n;\n\" \";", format)
                == #"[{"a":"1","b":"2"},{"a":"","b":""},{"a":" ","b":""}]"#)
    }

    @Test func headersHaveNoNameTwice() throws {
        let error = #expect(throws: ItemError.self) {
            try ItemTests.items(
                "1,2", ItemFormat(inputType: "CSV", headerLocation: "GIVEN", headers: ["a", "a"]))
        }
        #expect(error?.description == "CSV headers cannot contain duplicates.")
    }

    @Test func eachLineOfJSONLinesIsAnItem() throws {
        let format = ItemFormat(inputType: "JSONL")
        #expect(try ItemTests.items("{\"a\":1}\n\n2\n[3]", format) == #"[{"a":1},2,[3]]"#)
        #expect(try ItemTests.items("1\n2\n3\n", format, maxItems: 2) == "[1,2]")
        let error = #expect(throws: ItemError.self) { try ItemTests.items("1\n{\n", format) }
        #expect(error?.description.hasPrefix("Line 2 is not valid JSON") == true)
    }

    @Test(arguments: ["CSV", "JSONL"]) func endlessLinesAreRefused(type: String) throws {
        var stream = try ItemStream(ItemFormat(inputType: type, headerLocation: "FIRST_ROW"))
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        if type == "CSV" { #expect(try stream.append(Array("a\n".utf8)).isEmpty) }
        let error = #expect(throws: ItemError.self) {
            for _ in 0..<9 { _ = try stream.append(line) }
        }
        #expect(error?.description.contains("longer than 8388608 bytes") == true)
        // Short lines after one another have no limit.
        var short = try ItemStream(ItemFormat(inputType: type, headerLocation: "FIRST_ROW"))
        for _ in 0..<9 {
            var lines = [UInt8](repeating: UInt8(ascii: "1"), count: 1 << 20)
            for index in stride(from: 0, to: lines.count, by: 1024) { lines[index] = UInt8(ascii: "\n") }
            #expect(throws: Never.self) { try short.append(lines) }
        }
    }

    @Test func aJSONDocumentIsAnArrayOrAnObject() throws {
        let format = ItemFormat(inputType: "JSON")
        #expect(try ItemTests.items("[1, 2]", format) == "[1,2]")
        #expect(try ItemTests.items(#"{"a": 1}"#, format) == #"[{"Key":"a","Value":1}]"#)
        #expect(throws: ItemError.self) { try ItemTests.items("3", format) }
        let inner = ItemFormat(inputType: "JSON", itemsPointer: "/a~1b/0")
        #expect(try ItemTests.items(#"{"a/b": [[7]]}"#, inner) == "[7]")
    }

    @Test func manifestsListFiles() throws {
        let inventory = #"{"fileFormat": "CSV", "fileSchema": "Bucket, Key", "files": [{"key": "f.csv"}]}"#
        let manifest = try ItemManifest(Array(inventory.utf8), type: nil)
        #expect(manifest.files.map(\.key) == ["f.csv"])
        #expect(manifest.format?.headers == ["Bucket", "Key"])
        let athena = try ItemManifest(Array("s3://b/x/y.csv\n".utf8), type: "ATHENA_DATA")
        #expect(athena.files.map(\.bucket) == ["b"])
        #expect(athena.files.map(\.key) == ["x/y.csv"])
    }
}
