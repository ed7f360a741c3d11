import LonghaulJSON
import Testing

@Suite("JSONText, pointers and near names")
struct JSONTextTests {
    @Test("Texts are equal by their bytes")
    func equality() throws {
        let text = try JSONText(parsing: Array(" [1, 2] ".utf8))
        #expect(text == JSONText(validated: Array("[1, 2]".utf8)))
        #expect(text != JSONText(validated: Array("[1,2]".utf8)))
        #expect(JSONText.null.isNull)
        #expect(!text.isNull)
        #expect(try JSONText(parsing: Array("\nnull".utf8)) == .null)
    }

    @Test("Pointers escape and unescape")
    func pointers() {
        let pointer = JSONPointer.root.appending("jobs").appending(3).appending("a/b~c~1")
        #expect(pointer.description == "/jobs/3/a~1b~0c~01")
        #expect(pointer.lastStep == "a/b~c~1")
        #expect(JSONPointer.root.description.isEmpty)
        #expect(JSONPointer.root.lastStep == nil)
        #expect(JSONPointer.root.appending("").description == "/")
        #expect(JSONPointer.root.appending("").lastStep == "")
    }

    @Test(
        "A name with up to two typing errors is recognized",
        arguments: [
            ("priorty", "priority"), ("pirority", "priority"), ("priorities", nil), ("Priority", "priority"),
            ("queue", "queue"), ("queu", "queue"), ("qeuue", "queue"), ("quete", "queue"), ("by", nil),
            ("xy", nil), ("ik", "id"), ("", nil), ("run_att", "run_at"), ("runat", "run_at"),
        ] as [(String, String?)])
    func near(typed: String, expected: String?) {
        #expect(nearestName(to: typed, among: ["priority", "queue", "id", "run_at"]) == expected)
    }

    @Test("The most similar name is chosen, and the first of equal ones")
    func nearest() {
        #expect(nearestName(to: "labek", among: ["labels", "label"]) == "label")
        #expect(nearestName(to: "cat", among: ["bat", "hat"]) == "bat")
        #expect(nearestName(to: "cat", among: []) == nil)
    }
}
