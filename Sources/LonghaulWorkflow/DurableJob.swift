public import LonghaulWorker

/// A process written as code. It survives crashes, and holds no worker while it waits.
///
/// ```swift
/// struct Onboarding: DurableJob {
///     static let kind = "onboarding"
///     let accounts: Accounts
///
///     func run(_ signup: Signup, in flow: Flow) async throws -> Account {
///         let account = try await flow.step("create account") { try await accounts.create(signup) }
///         try await flow.compensate("delete account") { try await accounts.delete(account) }
///         try await flow.step("send link") { try await mail.sendLink(to: account) }
///         guard try await flow.signal("confirmed", as: Bool.self, within: .days(7)) ?? false else {
///             throw JobFailure.permanent("the account was not confirmed in time")
///         }
///         return account
///     }
/// }
/// ```
///
/// Register it with ``Handler/durable(_:queue:concurrency:timeoutSeconds:)``.
///
/// When a worker takes the job again, after a crash or a wait, it runs ``run(_:in:)`` from the beginning. Each
/// operation of the ``Flow`` that has ended then returns its recorded outcome at once. So the body must ask for the
/// same operations in the same order each time:
///
/// - Do everything that has an effect, takes long, or can differ in a
///   ``Flow/step(_:retry:timeout:_:)-(_,_,_,()->Value)``: calls of other systems, files, databases.
/// - Take time and randomness from ``Flow/now()``, ``Flow/random(in:)`` and ``Flow/uuid()``.
/// - Use `async let` and task groups for concurrency, never `Task { }` or `Task.detached`. Await nothing but the flow.
/// - Rethrow errors that you do not expect. When an attempt ends, the pending calls throw.
public protocol DurableJob: JobKind {
    // Declared again, so that the compiler infers them from `run`.
    /// The type of the job's payload.
    associatedtype Payload
    /// The type of the job's result.
    associatedtype Output
    /// Runs the process.
    ///
    /// - Throws: an error fails the job, after its compensations. An error that is not a
    ///   ``JobFailure`` and does not come from an operation makes the worker try again, up to the
    ///   job's `max_attempts`.
    func run(_ payload: Payload, in flow: Flow) async throws -> Output
}
