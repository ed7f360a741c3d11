import CSimdJSON

/// A parsed document: its text, and the position of each value. Values are decoded when they are read.
public struct JSONDocument: Sendable {
    let storage: Storage

    /// Parses and validates one whole document.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8 text.
    ///   - maxDepth: The maximum nesting depth of arrays and objects.
    /// - Throws: ``JSONError`` with the first error.
    public init(parsing bytes: [UInt8], maxDepth: Int = 64) throws(JSONError) {
        storage = Storage(bytes: bytes, nodes: try Parsing.nodes(of: bytes, maxDepth: maxDepth))
    }

    /// Parses a document that another component has accepted before: a server's answer, or a column of a store. It may
    /// nest to any depth, repeat keys, and escape half a pair of surrogates, which reads as U+FFFD.
    ///
    /// - Throws: ``JSONError`` if the text is not JSON.
    public init(lenientlyParsing bytes: [UInt8]) throws(JSONError) {
        storage = Storage(bytes: bytes, nodes: try Parsing.nodes(of: bytes, maxDepth: .max, isLenient: true))
    }

    /// The document's value.
    public var root: JSONNode {
        JSONNode(storage: storage, index: 0)
    }

    /// The data that all nodes of a document share.
    final class Storage: Sendable {
        let bytes: [UInt8]
        let nodes: [longhaul_json_node]

        init(bytes: [UInt8], nodes: [longhaul_json_node]) {
            self.bytes = bytes
            self.nodes = nodes
        }

        /// The indices of the members or elements of the container at `parent`.
        func children(of parent: Int) -> Children {
            Children(storage: self, upcoming: parent + 1, end: Int(nodes[parent].next))
        }

        /// The unescaped text between `start` and `end`.
        func string(_ start: Int, _ end: Int, escaped: Bool) -> String {
            bytes.withUnsafeBufferPointer { buffer in
                let raw = UnsafeBufferPointer(rebasing: buffer[start..<end])
                guard escaped else { return String(decoding: raw, as: UTF8.self) }
                return String(unsafeUninitializedCapacity: raw.count) { target in
                    longhaul_json_unescape(raw.baseAddress, raw.count, target.baseAddress)
                }
            }
        }

        /// The key of the member at `index`, unescaped.
        func key(of index: Int) -> String {
            let node = nodes[index]
            return string(Int(node.key_start), Int(node.key_end), escaped: isKeyEscaped(node))
        }

        /// True if the member at `index` has this key.
        func hasKey(_ index: Int, equalTo name: UnsafeBufferPointer<UInt8>) -> Bool {
            let node = nodes[index]
            if isKeyEscaped(node) {
                return key(of: index).utf8.elementsEqual(name)
            }
            let start = Int(node.key_start)
            guard Int(node.key_end) - start == name.count else { return false }
            return bytes.withUnsafeBufferPointer { buffer in
                UnsafeBufferPointer(rebasing: buffer[start..<start + name.count]).elementsEqual(name)
            }
        }

        private func isKeyEscaped(_ node: longhaul_json_node) -> Bool {
            Int(node.flags) & LONGHAUL_JSON_KEY_ESCAPED != 0
        }
    }

    /// Iterates over the children of one container.
    struct Children: Sequence, IteratorProtocol {
        let storage: Storage
        var upcoming: Int
        let end: Int

        mutating func next() -> Int? {
            guard upcoming < end else { return nil }
            let index = upcoming
            upcoming = Int(storage.nodes[index].next)
            return index
        }
    }
}
