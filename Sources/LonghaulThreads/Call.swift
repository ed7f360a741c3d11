package import LonghaulCore

/// Something that a caller waits for while a thread of the store does it.
package protocol Call<Context>: AnyObject, Sendable {
    associatedtype Context

    /// How many entries it has, for the bound of a batch.
    var weight: Int { get }
    /// Does it and keeps the answer. A refusal is an answer; an error of the database is thrown.
    func run(in context: Context) throws
    /// Gives the caller the answer. Once, after `run`, and not after `fail`.
    func answer()
    /// Gives the caller an error in place of the answer.
    func fail(_ error: LonghaulError)
}

/// A call with an answer of one type. One thread has it at a time: the caller's, then the store's.
package final class TypedCall<Context, Value: Sendable>: Call, @unchecked Sendable {
    package typealias Body = @Sendable (Context) throws -> Value

    package let weight: Int
    private let body: Body
    private let continuation: CheckedContinuation<Value, any Error>
    private var result: Result<Value, any Error>?

    package init(weight: Int, _ continuation: CheckedContinuation<Value, any Error>, _ body: @escaping Body) {
        self.weight = weight
        self.continuation = continuation
        self.body = body
    }

    package func run(in context: Context) throws {
        do {
            result = .success(try body(context))
        } catch let error as LonghaulError {
            result = .failure(error)
        }
    }

    package func answer() {
        guard let result else { return fail(LonghaulError(.internal, "the store has no answer")) }
        continuation.resume(with: result)
    }

    package func fail(_ error: LonghaulError) {
        continuation.resume(throwing: error)
    }
}

extension Inbox {
    /// Leaves a call here and waits for its answer, without holding a thread of the caller's.
    package func call<Context, Value: Sendable>(
        weight: Int = 1, _ body: @escaping @Sendable (Context) throws -> Value
    ) async throws -> Value where Element == any Call<Context> {
        try await withCheckedThrowingContinuation { continuation in
            let call = TypedCall<Context, Value>(weight: weight, continuation, body)
            if !put(call) { call.fail(LonghaulError(.unavailable, "the store is closed")) }
        }
    }
}
