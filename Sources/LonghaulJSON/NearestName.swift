/// The candidate that is most similar to `name`, with at most two typing errors (a letter missing, added, changed, or
/// swapped with its neighbour); nil if there is none. The first of equally similar candidates is returned.
public func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
    let typed = Array(name.utf8)
    var best: (name: String, distance: Int)?
    for candidate in candidates {
        let wanted = Array(candidate.utf8)
        // A name that differs in every letter is not similar.
        let limit = min(2, max(typed.count, wanted.count) - 1, (best?.distance ?? 3) - 1)
        guard abs(typed.count - wanted.count) <= limit else { continue }
        let distance = editDistance(typed, wanted)
        if distance <= limit {
            best = (candidate, distance)
        }
    }
    return best?.name
}

/// The Damerau–Levenshtein distance (optimal string alignment): no letter is edited twice.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast = [Int](repeating: 0, count: right.count + 1)
    var last = Array(0...right.count)
    var row = last
    for i in left.indices {
        row[0] = i + 1
        for j in right.indices {
            let change = last[j] + (left[i] == right[j] ? 0 : 1)
            row[j + 1] = min(change, last[j + 1] + 1, row[j] + 1)
            if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                row[j + 1] = min(row[j + 1], beforeLast[j - 1] + 1)
            }
        }
        (beforeLast, last, row) = (last, row, beforeLast)
    }
    return last[right.count]
}
