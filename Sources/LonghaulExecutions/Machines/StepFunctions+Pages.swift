internal import LonghaulCore
internal import LonghaulStates

/// A page of records.
struct RecordPage {
    let records: [KeyedRecord]
    /// The token of the next page; nil if this is the last one.
    let nextToken: String?

    /// An output with the items of the page.
    func output(_ name: String, _ items: [StateValue]) -> StateObject {
        var output = StateObject([(name, .array(items))])
        output["nextToken"] = nextToken.map { .string($0) }
        return output
    }
}

extension StepFunctions {
    /// Reads the page of a list that the caller asks for.
    ///
    /// - Parameter range: The list. The page sets its limit and its place.
    /// - Throws: `InvalidToken`.
    func page(
        _ range: RecordRange, _ token: PageToken, _ input: OperationInput
    ) async throws(ServiceError) -> RecordPage {
        var range = range
        if let text = input.text("nextToken") { range.after = try token.place(in: text) }
        let (records, hasMore) = try await page(range, limit: StepFunctions.pageLimit(input))
        let next = hasMore ? records.last.map { token.text(after: $0.key.name) } : nil
        return RecordPage(records: records, nextToken: next)
    }

    /// Reads the first records of a range, and whether there are more.
    func page(
        _ range: RecordRange, limit: Int
    ) async throws(ServiceError) -> (records: [KeyedRecord], hasMore: Bool) {
        var range = range
        range.limit = limit + 1
        var records = try await read(range)
        var hasMore = records.count > limit
        if hasMore {
            records.removeLast()
        } else if let last = records.last {
            // A page may be short because its records are large.
            range.after = last.key.name
            range.limit = 1
            hasMore = try await !read(range).isEmpty
        }
        return (records, hasMore)
    }

    /// Maximum number of results of a call.
    static func pageLimit(_ input: OperationInput) -> Int {
        let limit = input.integer("maxResults") ?? 0
        return limit > 0 ? min(limit, 1000) : 100
    }
}
