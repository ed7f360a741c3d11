extension Array {
    /// The elements in their order, in groups whose sizes add up to at most `maxBytes`. An element that is larger has a group
    /// of its own.
    package func grouped(maxBytes: Int, size: (Element) -> Int) -> [[Element]] {
        var groups: [[Element]] = []
        var first = startIndex
        var bytes = 0
        for index in indices {
            let next = size(self[index])
            if bytes + next > maxBytes, index > first {
                groups.append(Array(self[first..<index]))
                (first, bytes) = (index, 0)
            }
            bytes += next
        }
        if first < endIndex { groups.append(Array(self[first...])) }
        return groups
    }
}
