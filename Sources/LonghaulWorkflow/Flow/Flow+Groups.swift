import LonghaulCore
import LonghaulWorker

/// Tasks that run side by side.
extension Flow {
    /// Runs all branches, and returns the result of the first that ends. The others are cancelled: their waits throw
    /// `CancellationError`, their steps are stopped, and their child jobs are cancelled.
    ///
    /// ```swift
    /// let isPaid = try await flow.race(
    ///     "payment",
    ///     { flow in try await flow.signal("paid", as: Bool.self) },
    ///     { flow in
    ///         try await flow.sleep(for: .days(14))
    ///         return false
    ///     })
    /// ```
    ///
    /// - Throws: the error of the first branch that ends, if it fails.
    public func race<Value: Sendable>(
        _ name: String, _ branches: (@Sendable (Flow) async throws -> Value)...
    ) async throws -> Value {
        precondition(!branches.isEmpty, "a race needs a branch")
        return try await group(name) { id in
            try await withThrowingTaskGroup(of: Value.self) { group in
                for (index, branch) in branches.enumerated() {
                    let flow = branchFlow(of: id, index)
                    group.addTask { try await branch(flow) }
                }
                defer { group.cancelAll() }
                guard let first = try await group.next() else { throw CancellationError() }
                return first
            }
        }
    }

    /// Calls `body` for each item, and returns the results in the order of the items.
    ///
    /// ```swift
    /// let sizes = try await flow.map("encode", renditions, concurrency: 4) { rendition, flow in
    ///     try await flow.call(Encode.self, rendition)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - concurrency: the maximum number of calls that run at the same time.
    ///   - body: uses the flow that it receives, not that of the caller.
    /// - Throws: the error of the first call that fails. The others are cancelled.
    public func map<Item: Sendable, Value: Sendable>(
        _ name: String, _ items: [Item], concurrency: Int = .max,
        _ body: @escaping @Sendable (Item, Flow) async throws -> Value
    ) async throws -> [Value] {
        try await group(name) { id in
            try await withThrowingTaskGroup(of: (Int, Value).self) { group in
                var results = [Value?](repeating: nil, count: items.count)
                var started = 0
                func startNext() {
                    guard started < items.count else { return }
                    let (index, item, flow) = (started, items[started], branchFlow(of: id, started))
                    group.addTask { (index, try await body(item, flow)) }
                    started += 1
                }
                for _ in 0..<min(items.count, max(1, concurrency)) { startNext() }
                while let (index, value) = try await group.next() {
                    results[index] = value
                    startNext()
                }
                return results.compactMap { $0 }
            }
        }
    }

    /// Runs `body` within an operation that contains those of its branches.
    private func group<Value>(_ name: String, _ body: (String) async throws -> Value) async throws -> Value {
        let request = try await request(.group, name)
        try run.start(request)
        do {
            let value = try await body(request.id)
            try run.withReplay { $0.end(group: request, error: nil) }
            return value
        } catch {
            let failure = JobFailure(thrown: error).reportable.error
            try? run.withReplay { $0.end(group: request, error: failure) }
            throw error
        }
    }

    private func branchFlow(of id: String, _ index: Int) -> Flow {
        Flow(run, scope: "\(id).\(index + 1)", parentID: id)
    }
}
