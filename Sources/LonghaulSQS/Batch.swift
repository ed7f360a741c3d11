/// Elements for one request to one queue of SQS.
struct Batch<Element: Sendable>: Sendable {
    var place: SQSPlace
    var elements: ArraySlice<Element>

    /// Groups elements by their places, at most ``SQSService/batchSize`` in a batch.
    static func batches(_ elements: [Element], place: (Element) -> SQSPlace) -> [Batch] {
        Dictionary(grouping: elements, by: place).flatMap { place, elements in
            stride(from: 0, to: elements.count, by: SQSService.batchSize).map { start in
                Batch(
                    place: place,
                    elements: elements[start..<min(start + SQSService.batchSize, elements.count)])
            }
        }
    }
}

extension Array where Element: Sendable {
    /// The maximum number of requests of one call at the same time.
    static var concurrency: Int { 16 }

    /// Runs a body for each element, several at a time, and returns the results in any order. The first error ends all.
    @discardableResult
    func concurrently<Value: Sendable>(
        _ body: @escaping @Sendable (Element) async throws -> Value
    ) async throws -> [Value] {
        try await withThrowingTaskGroup(of: Value.self) { group in
            var values: [Value] = []
            for (place, element) in enumerated() {
                if place >= Self.concurrency, let value = try await group.next() { values.append(value) }
                group.addTask { try await body(element) }
            }
            for try await value in group { values.append(value) }
            return values
        }
    }
}
