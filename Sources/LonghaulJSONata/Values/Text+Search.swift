extension Text {
    /// Compares two strings, after counting the work.
    static func areEqual(_ left: Text, _ right: Text, _ budget: Budget) throws(Failure) -> Bool {
        guard left.count == right.count else { return false }
        try budget.scan(left.count)
        return left == right
    }

    /// True if the first string comes before the second one, after counting the work.
    static func isLess(_ left: Text, _ right: Text, _ budget: Budget) throws(Failure) -> Bool {
        try budget.scan(min(left.count, right.count))
        return left < right
    }

    /// The first position at or after `start` where `other` occurs, after counting the work.
    func firstIndex(of other: Text, from start: Int = 0, _ budget: Budget) throws(Failure) -> Int? {
        let index = firstIndex(of: other, from: start)
        try budget.step()
        try budget.scan((index ?? count) - min(start, count) + other.count)
        return index
    }

    /// The first position at or after `start` where `other` occurs. The time is linear in the lengths.
    func firstIndex(of other: Text, from start: Int = 0) -> Int? {
        let length = other.count
        guard length > 0 else { return start <= count ? start : nil }
        guard start + length <= count else { return nil }
        return units.withUnsafeBufferPointer { text in
            other.units.withUnsafeBufferPointer { pattern in
                let first = pattern[0]
                var index = start
                var compared = 0
                while index + length <= text.count {
                    if text[index] == first {
                        var offset = 1
                        while offset < length, text[index + offset] == pattern[offset] { offset += 1 }
                        if offset == length { return index }
                        compared += offset
                        // Partial matches cost more than the search so far: use the table instead.
                        if compared > 256 + 4 * (index - start) {
                            return Text.tableSearch(text, pattern, from: index + 1)
                        }
                    }
                    index += 1
                }
                return nil
            }
        }
    }

    /// Searches by the algorithm of Knuth, Morris and Pratt, which reads each code unit of the text once.
    private static func tableSearch(
        _ text: UnsafeBufferPointer<UInt16>, _ pattern: UnsafeBufferPointer<UInt16>, from start: Int
    ) -> Int? {
        // For each prefix of the pattern, the length of its longest proper prefix that is also its suffix.
        var borders = [Int32](repeating: 0, count: pattern.count)
        var border = 0
        for index in pattern.indices.dropFirst() {
            while border > 0, pattern[index] != pattern[border] { border = Int(borders[border - 1]) }
            if pattern[index] == pattern[border] { border += 1 }
            borders[index] = Int32(border)
        }
        var matched = 0
        var index = start
        while index < text.count {
            while matched > 0, text[index] != pattern[matched] { matched = Int(borders[matched - 1]) }
            if text[index] == pattern[matched] { matched += 1 }
            index += 1
            if matched == pattern.count { return index - matched }
        }
        return nil
    }

    /// The parts between the occurrences of `separator`; an empty separator splits into code units.
    func split(by separator: Text) -> [Text] {
        if separator.isEmpty { return units.map { Text([$0]) } }
        var parts: [Text] = []
        var start = 0
        while let next = firstIndex(of: separator, from: start) {
            parts.append(slice(start, next))
            start = next + separator.count
        }
        parts.append(slice(start, count))
        return parts
    }

    /// The first parts that `split(by:)` gives, at most `limit`, after counting their memory.
    func split(by separator: Text, limit: Int, _ budget: Budget) throws(Failure) -> [Text] {
        var parts: [Text] = []
        if separator.isEmpty {
            try budget.allocate(min(count, limit) * 64)
            for unit in units.prefix(limit) { parts.append(Text([unit])) }
            return parts
        }
        var start = 0
        while parts.count < limit {
            let next = try firstIndex(of: separator, from: start, budget)
            try budget.allocate(((next ?? count) - start) * 2 + 64)
            parts.append(slice(start, next ?? count))
            guard let next else { break }
            start = next + separator.count
        }
        return parts
    }
}
