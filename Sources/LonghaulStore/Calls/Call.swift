package import LonghaulConcurrency
package import LonghaulCore

/// A call that a thread of the store runs while its caller waits.
package protocol Call<Context>: AnyObject, Sendable {
    associatedtype Context

    /// The number of its entries, for the limit of a batch.
    var weight: Int { get }
    /// Runs the call and stores its result. A `LonghaulError` is a result; an error of the database is thrown.
    func run(in context: Context) throws
    /// Resumes the caller with the result. Called once, after `run`, and not after `fail`.
    func answer()
    /// Resumes the caller with an error.
    func fail(_ error: LonghaulError)
}

/// A call with a result of one type. One thread uses it at a time: the caller's, then the store's.
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
    /// Adds a call and waits for its result, without blocking the caller's thread.
    package func call<Context, Value: Sendable>(
        weight: Int = 1, _ body: @escaping @Sendable (Context) throws -> Value
    ) async throws -> Value where Element == any Call<Context> {
        try await withCheckedThrowingContinuation { continuation in
            let call = TypedCall<Context, Value>(weight: weight, continuation, body)
            if !put(call) { call.fail(LonghaulError(.unavailable, "the store is closed")) }
        }
    }
}
