extension JSONObjectReader {
    /// A string.
    ///
    /// - Parameters:
    ///   - name: The field.
    ///   - maxLength: The maximum number of characters (Unicode scalars).
    ///   - allowNUL: Whether U+0000 is allowed, which many stores and programs cannot hold.
    public mutating func string(
        _ name: String, maxLength: Int? = nil, allowNUL: Bool = false
    ) -> String? {
        present(name).flatMap { check($0, at: name, maxLength: maxLength, allowNUL: allowNUL) }
    }

    /// A required string. Records a fault if it is missing. The parameters are those of
    /// ``string(_:maxLength:allowNUL:)``.
    public mutating func requiredString(
        _ name: String, maxLength: Int? = nil, allowNUL: Bool = false
    ) -> String? {
        required(name, "a string").flatMap {
            check($0, at: name, maxLength: maxLength, allowNUL: allowNUL)
        }
    }

    private func check(_ node: JSONNode, at name: String, maxLength: Int?, allowNUL: Bool) -> String? {
        switch StringRule(maxLength: maxLength, allowNUL: allowNUL).check(node) {
        case .success(let string):
            return string
        case .failure(let broken):
            fault(name, broken.message)
            return nil
        }
    }

    /// An integer within `range`; `1.0` and `1e2` are integers.
    public mutating func int(
        _ name: String, in range: ClosedRange<Int64> = Int64.min...Int64.max
    ) -> Int64? {
        guard let node = present(name) else { return nil }
        let value = node.int
        if let value, range.contains(value) { return value }
        let isAny = range == Int64.min...Int64.max
        let bounds = isAny ? "64 bits" : "\(range.lowerBound) to \(range.upperBound)"
        let expected = value == nil && isAny ? "an integer of 64 bits" : "an integer from \(bounds)"
        numberFault(name, expected, node)
        return nil
    }

    /// A number within `range`.
    public mutating func double(
        _ name: String,
        in range: ClosedRange<Double> = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
    ) -> Double? {
        guard let node = present(name) else { return nil }
        if let value = node.double, range.contains(value) { return value }
        numberFault(name, "a number from \(plain(range.lowerBound)) to \(plain(range.upperBound))", node)
        return nil
    }

    private func numberFault(_ name: String, _ expected: String, _ node: JSONNode) {
        guard node.kind == .number else { return mismatch(name, expected, node) }
        let text = node.text.description
        let found = text.utf8.count <= 40 ? text : "a number of \(text.utf8.count) characters"
        fault(name, "expected \(expected), got \(found)")
    }

    private func plain(_ bound: Double) -> String {
        var writer = JSONWriter()
        writer.element(bound)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// A boolean.
    public mutating func bool(_ name: String) -> Bool? {
        guard let node = present(name) else { return nil }
        guard let value = node.bool else {
            mismatch(name, "a boolean", node)
            return nil
        }
        return value
    }

    /// A reader of a nested object, with the same list of faults. The caller calls its ``finish()``.
    public mutating func object(_ name: String) -> JSONObjectReader? {
        guard let node = present(name) else { return nil }
        let reader = JSONObjectReader(node, at: pointer(to: name), faults: faults)
        return reader.isObject ? reader : nil
    }

    /// The elements of an array; element `i` is at `pointer(to: name).appending(i)`.
    public mutating func array(_ name: String) -> [JSONNode]? {
        guard let node = present(name) else { return nil }
        guard node.kind == .array else {
            mismatch(name, "an array", node)
            return nil
        }
        return node.elements
    }

    /// An array of strings. The fault of an element has the element's pointer.
    ///
    /// - Parameters:
    ///   - name: The field.
    ///   - maxCount: The maximum number of elements.
    ///   - maxLength: The maximum number of characters (Unicode scalars) of each.
    ///   - allowNUL: Whether U+0000 is allowed.
    public mutating func strings(
        _ name: String, maxCount: Int? = nil, maxLength: Int? = nil, allowNUL: Bool = false
    ) -> [String]? {
        guard let elements = array(name) else { return nil }
        if let maxCount, elements.count > maxCount {
            fault(name, "expected at most \(maxCount) elements, got \(elements.count)")
            return nil
        }
        let rule = StringRule(maxLength: maxLength, allowNUL: allowNUL)
        var strings: [String] = []
        strings.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            switch rule.check(element) {
            case .success(let string): strings.append(string)
            case .failure(let broken):
                faults.add(pointer(to: name).appending(index), broken.message)
            }
        }
        return strings.count == elements.count ? strings : nil
    }

    /// One word of a fixed set. The fault lists the words.
    public mutating func choice<Choice>(_ name: String, of type: Choice.Type) -> Choice?
    where Choice: RawRepresentable<String> & CaseIterable {
        guard let node = present(name) else { return nil }
        if let value = node.string.flatMap(Choice.init(rawValue:)) { return value }
        let words = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        let text = node.text.description
        let isShort = node.kind == .string && text.utf8.count <= 80
        fault(name, "expected one of \(words), got \(isShort ? text : node.kindName)")
        return nil
    }
}

/// The limits of a string field.
private struct StringRule {
    let maxLength: Int?
    let allowNUL: Bool

    struct Broken: Error {
        let message: String
    }

    func check(_ node: JSONNode) -> Result<String, Broken> {
        guard let string = node.string else {
            return .failure(Broken(message: "expected a string, got \(node.kindName)"))
        }
        if !allowNUL, node.holdsNUL {
            return .failure(Broken(message: "must not contain U+0000"))
        }
        // A character has at least one byte, so most strings need no counting.
        if let maxLength, string.utf8.count > maxLength {
            let length = string.unicodeScalars.count
            if length > maxLength {
                let message = "expected at most \(maxLength) characters, got \(length)"
                return .failure(Broken(message: message))
            }
        }
        return .success(string)
    }
}
