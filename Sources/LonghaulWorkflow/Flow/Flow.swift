public import LonghaulCore
import LonghaulWorker

/// The operations of a durable job. Each is recorded in the journal of the job, once.
///
/// A flow has a scope: operations of the same scope are numbered in the order in which the code asks for them.
/// ``race(_:_:)`` and ``map(_:_:concurrency:_:)`` pass a flow of its own scope to each of their tasks.
public struct Flow: Sendable {
    let run: FlowRun
    let scope: String
    /// The operation of the scope; nil for the whole job.
    let parentID: String?

    init(_ run: FlowRun, scope: String = "", parentID: String? = nil) {
        self.run = run
        self.scope = scope
        self.parentID = parentID
    }

    /// The job, as it was at the start of the attempt. Its ID and its payload never change; other fields differ from
    /// one replay to the next.
    public var job: Job { run.job }

    /// Whether the code runs again up to where it was. Use it for nothing that the journal sees.
    public var isReplaying: Bool { (try? run.withReplay { $0.isReplaying }) ?? true }

    /// A request for the next operation of the scope.
    func request(_ type: OperationType, _ name: String) async throws -> OperationUpdate {
        try await run.checkIn()
        let id = try run.withReplay { $0.nextID(in: scope) }
        guard id.utf8.count <= 64 else {
            throw JobFailure.permanent("races and maps are nested too deeply at \(id)", type: "too_deep")
        }
        var request = OperationUpdate(.start, type, id: id, name: name)
        request.parentID = parentID
        return request
    }
}
