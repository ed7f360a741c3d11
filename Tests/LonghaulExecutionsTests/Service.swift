import LonghaulCore
import LonghaulExecutions
import LonghaulStates
import LonghaulTestSupport
import Testing

/// The operations over a store of a test.
struct Service {
    let store: RecordStore
    let time = ManualTime()
    let functions: StepFunctions

    static let role = "arn:aws:iam::000000000000:role/any"
    static let prefix = "arn:aws:states:us-east-1:000000000000:"
    static let pass = #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}"#

    init(_ settings: ExecutionSettings = ExecutionSettings(), seed: UInt64 = 1) {
        store = RecordStore(time: time)
        functions = StepFunctions(
            store: store, settings: settings, time: time, random: SeededRandom(seed: seed))
    }

    /// A second server over the same store.
    func otherServer() -> StepFunctions {
        StepFunctions(store: store, time: time, random: SeededRandom(seed: 99))
    }

    /// Settings with these limits.
    static func settings(_ change: (inout MachineLimits) -> Void) -> ExecutionSettings {
        var limits = MachineLimits()
        change(&limits)
        return ExecutionSettings(limits: limits)
    }

    @discardableResult
    func call(_ operation: String, _ members: [(String, StateValue)] = []) async throws(ServiceError)
        -> StateObject
    {
        try await functions.perform(operation, StateObject(members), by: OperationCaller(name: "test"))
    }

    /// Creates a machine, and returns its ARN.
    @discardableResult
    func create(
        _ name: String, definition: String = Service.pass, _ members: [(String, StateValue)] = []
    ) async throws(ServiceError) -> String {
        let output = try await call(
            "CreateStateMachine",
            [
                ("name", .string(name)), ("definition", .string(definition)),
                ("roleArn", .string(Service.role)),
            ]
                + members)
        return output.text("stateMachineArn")
    }

    /// Publishes a version of a new revision of a machine, and returns its ARN.
    @discardableResult
    func publish(_ arn: String, comment: String) async throws(ServiceError) -> String {
        let definition = #"{"Comment": "\#(comment)", "StartAt": "A", "States": {"A": {"Type": "Succeed"}}}"#
        let output = try await call(
            "UpdateStateMachine",
            [
                ("stateMachineArn", .string(arn)), ("definition", .string(definition)),
                ("publish", .bool(true)),
            ])
        return output.text("stateMachineVersionArn")
    }

    /// The error of a call; nil if it succeeds.
    func error(_ operation: String, _ members: [(String, StateValue)] = []) async -> ServiceError? {
        do {
            _ = try await call(operation, members)
            return nil
        } catch {
            return error
        }
    }

    func describe(_ arn: String) async throws(ServiceError) -> StateObject {
        try await call("DescribeStateMachine", [("stateMachineArn", .string(arn))])
    }
}

extension StateObject {
    /// The text of a member; empty if there is none.
    func text(_ name: String) -> String { self[name]?.string ?? "" }

    /// The texts of a member of all elements of a list.
    func texts(_ list: String, _ member: String) -> [String] {
        (self[list]?.array ?? []).map { $0[member]?.string ?? "" }
    }
}
