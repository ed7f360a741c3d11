import Foundation
import LonghaulJSON
import Testing

@Suite("Agreement with Foundation on mutated texts")
struct FuzzTests {
    private static let samples = [
        #"{"kind":"video.encode","payload":{"a":[1,2.5,-3e2,true,false,null],"s":"x\n\"y\""},"p":5}"#,
        #"[[],{},[{}],"",0,-1,"\\","\u0041",{"k":{"k":[[[]]]}}]"#,
        #"  [1 , 2 ,{ "a" : "b" , "c" : [ ] } ]  "#,
    ]
    private static let alphabet = Array(#"{}[]:,"\ 0123456789-+.eEtruefalsnbx/"#.utf8)

    /// Removes, inserts, replaces or copies one to four bytes.
    private func mutate(_ bytes: inout [UInt8], with generator: inout SeededGenerator) {
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            guard !bytes.isEmpty else { return }
            let at = Int.random(in: bytes.indices, using: &generator)
            let letter = Self.alphabet[Int.random(in: Self.alphabet.indices, using: &generator)]
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes.remove(at: at)
            case 1: bytes.insert(letter, at: at)
            case 2: bytes[at] = letter
            default: bytes.insert(bytes[Int.random(in: bytes.indices, using: &generator)], at: at)
            }
        }
    }

    private func foundationAccepts(_ bytes: [UInt8]) -> Bool {
        (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
    }

    /// Numbers beyond the range of double are valid JSON, but Foundation rejects them.
    private func holdsHugeNumber(_ node: JSONNode) -> Bool {
        switch node.kind {
        case .number: node.double == nil || node.double == 0 && node.int != 0
        case .array: node.elements.contains { holdsHugeNumber($0) }
        case .object: node.members.contains { holdsHugeNumber($0.value) }
        default: false
        }
    }

    @Test("Both accept or both reject a text", arguments: samples)
    func agree(sample: String) {
        var generator = SeededGenerator(seed: 20_240_607)
        var accepted = 0
        for _ in 0..<4000 {
            var bytes = Array(sample.utf8)
            mutate(&bytes, with: &generator)
            let text = String(decoding: bytes, as: UTF8.self)
            do {
                let root = try JSONDocument(parsing: bytes).root
                accepted += 1
                #expect(foundationAccepts(bytes) || holdsHugeNumber(root), "accepted: \(text)")
            } catch {
                // Foundation accepts repeated keys, and a comma after the last element.
                let isLenient = error.pointer != nil || text.contains(/,\s*[\]}]/)
                #expect(isLenient || !foundationAccepts(bytes), "\(error.message): \(text)")
            }
        }
        #expect(accepted > 100)
    }

    @Test("Random bytes are accepted or rejected, and accepted texts are valid UTF-8")
    func randomBytes() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<4000 {
            var bytes = Array(Self.samples[0].utf8)
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            if let text = try? JSONText(parsing: bytes) {
                #expect(String(validating: text.bytes, as: UTF8.self) != nil)
            }
        }
    }
}
