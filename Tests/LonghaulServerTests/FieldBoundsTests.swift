import Foundation
import LonghaulCore
import LonghaulJSON
import Testing

@testable import LonghaulServer

/// The bounds in the OpenAPI document are those of the readers.
@Suite struct FieldBoundsTests {
    private typealias Reader = @Sendable (inout JSONObjectReader) -> Void

    private static let token = LeaseToken.unknown

    /// The reader of the request with each schema.
    private static let readers: [(schema: String, read: Reader)] = [
        ("NewJob", { _ = NewJob.read(&$0) }), ("Batch", { _ = NewJobBatch.read(&$0) }),
        ("JobEdit", { _ = JobEdit.read(&$0) }), ("QueueSettings", { _ = QueueSettings.read(&$0) }),
        ("RoutingTable", { _ = RoutingTable.read(&$0) }),
        ("ScheduleSpec", { _ = ScheduleSpec.read(&$0) }),
        ("DeadLetterSelection", { _ = DeadLetterRequest.read(&$0) }),
        ("LeaseRequest", { _ = LeaseRequest.read(&$0) }), ("Heartbeat", { _ = Heartbeat.read(&$0) }),
        ("Completion", { _ = Completion.read(&$0, token: token) }),
        ("CompletionBody", { _ = CompletionBody.read(&$0) }),
        ("JournalUpdates", { _ = OperationUpdateList.read(&$0) }),
        ("SuspendRequest", { _ = SuspendRequest.read(&$0) }),
        ("OperationSelection", { _ = OperationSelection.read(&$0) }),
        ("CompletionList", { _ = CompletionList.read(&$0) }),
        ("NewAPIKey", { _ = NewAPIKey.read(&$0) }), ("KeyRotation", { _ = KeyRotation.read(&$0) }),
        ("Failure", { _ = Failure.read(&$0, token: token) }), ("LogBatch", { _ = LogBatch.read(&$0) }),
        ("NewStateMachine", { _ = NewStateMachine.read(&$0) }),
        ("StateMachineSpec", { _ = StateMachineSpec.read(&$0) }),
        ("StateTest", { _ = StateTestSpec.read(&$0) }),
        ("NewExecution", { _ = NewExecution.read(&$0) }), ("ExecutionStop", { _ = ExecutionStop.read(&$0) }),
    ]

    private let schemas: [String: [String: Any]]

    init() throws {
        let object = try JSONSerialization.jsonObject(with: Data(APISchemas.text.bytes))
        schemas = try #require(object as? [String: [String: Any]])
    }

    private func faults(in json: String, _ read: Reader) throws -> [JSONFault] {
        let faults = JSONFaults()
        var reader = JSONObjectReader(
            try JSONDocument(parsing: Array(json.utf8)).root, at: .root, faults: faults)
        read(&reader)
        return faults.list
    }

    @Test func readersAcceptEachBoundAndNothingBeyondIt() throws {
        let generator = BoundaryGenerator(schemas: schemas)
        for (schema, read) in Self.readers {
            let values = generator.values(of: schema)
            #expect(!values.isEmpty, "\(schema)")
            for value in values {
                let faults = try faults(in: value.json, read)
                let comment: Comment =
                    "\(schema)\(value.pointer): \(value.json.prefix(300)): \(faults.prefix(3))"
                if value.isValid {
                    #expect(faults.isEmpty, comment)
                } else {
                    #expect(faults.contains { $0.pointer.description == value.pointer }, comment)
                }
            }
        }
        let requests = schemas.filter { $0.value["additionalProperties"] as? Bool == false }.keys
        // The fields of the first two have no bounds. The third one has the fields of a new job. The last three have those
        // of the dead letters.
        let others: Set<String> = [
            "StepOutput", "DefinitionCheck", "JobCopy", "JobsByIDs", "JobsByFilter", "JobFilter",
        ]
        #expect(Set(requests).subtracting(generator.visited) == others)
    }
}
