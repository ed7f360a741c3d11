import Foundation
import LonghaulCore
import LonghaulJSON
import Testing

@testable import LonghaulServer

/// The fields of requests in the OpenAPI document are those of the readers: names, required fields and defaults.
@Suite struct RequestFieldTests {
    /// A schema of a request, or of an object in a request.
    private struct Request: Sendable {
        let schema: String
        /// The members of the smallest valid object.
        let required: String
        /// The body that contains the object; nil if the object is the body.
        var body: (@Sendable (String) -> String)?
        let read: @Sendable (inout JSONObjectReader) -> AnyHashable

        /// The body whose object has these members besides the required ones.
        func body(with members: String = "") -> String {
            let object = "{" + [required, members].filter { !$0.isEmpty }.joined(separator: ", ") + "}"
            return body?(object) ?? object
        }
    }

    private static let token = LeaseToken.unknown

    private static let requests = [
        Request(schema: "NewJob", required: #""kind": "a""#) { NewJob.read(&$0) },
        Request(schema: "Backoff", required: "", body: { #"{"kind": "a", "backoff": \#($0)}"# }) {
            NewJob.read(&$0)
        },
        Request(schema: "Join", required: "", body: { #"{"kind": "a", "join": \#($0)}"# }) {
            NewJob.read(&$0)
        },
        Request(
            schema: "Unique", required: #""by": ["kind"]"#, body: { #"{"kind": "a", "unique": \#($0)}"# }
        ) { NewJob.read(&$0) },
        Request(schema: "Batch", required: #""jobs": [{"kind": "a"}]"#) { NewJobBatch.read(&$0) },
        Request(schema: "BatchJob", required: #""kind": "a""#, body: { #"{"jobs": [\#($0)]}"# }) {
            NewJobBatch.read(&$0)
        },
        Request(schema: "JobEdit", required: "") { JobEdit.read(&$0) },
        Request(schema: "QueueSettings", required: "") { QueueSettings.read(&$0) },
        Request(schema: "RateLimit", required: #""jobs": 1"#, body: { #"{"rate_limit": \#($0)}"# }) {
            QueueSettings.read(&$0)
        },
        Request(schema: "RoutingTable", required: #""rules": []"#) { RoutingTable.read(&$0) },
        Request(schema: "ScheduleSpec", required: #""cron": "@daily", "job": {"kind": "a"}"#) {
            ScheduleSpec.read(&$0)
        },
        Request(
            schema: "ScheduledJob", required: #""kind": "a""#, body: { #"{"cron": "@daily", "job": \#($0)}"# }
        ) { ScheduleSpec.read(&$0) },
        Request(schema: "LeaseRequest", required: #""worker": {"id": "w"}"#) { LeaseRequest.read(&$0) },
        Request(schema: "WorkerInfo", required: #""id": "w""#, body: { #"{"worker": \#($0)}"# }) {
            LeaseRequest.read(&$0)
        },
        Request(schema: "Heartbeat", required: #""worker": {"id": "w"}"#) { Heartbeat.read(&$0) },
        Request(schema: "Completion", required: "") { Completion.read(&$0, token: token) },
        Request(schema: "NextJob", required: #""kind": "a""#, body: { #"{"next": [\#($0)]}"# }) {
            Completion.read(&$0, token: token)
        },
        Request(schema: "NewProgress", required: #""percent": 1"#, body: { #"{"progress": \#($0)}"# }) {
            Completion.read(&$0, token: token)
        },
        Request(schema: "CompletionList", required: #""completions": []"#) { CompletionList.read(&$0) },
        Request(schema: "Failure", required: #""error": {"type": "e", "message": "m"}"#) {
            Failure.read(&$0, token: token)
        },
        Request(
            schema: "NewError", required: #""type": "e", "message": "m""#, body: { #"{"error": \#($0)}"# }
        ) { Failure.read(&$0, token: token) },
        Request(
            schema: "StepError", required: #""type": "e", "message": "m""#,
            body: {
                #"{"updates": [{"id": "a", "type": "step", "name": "n", "action": "fail", "error": \#($0)}]}"#
            }
        ) { OperationUpdateList.read(&$0) },
        Request(schema: "LogBatch", required: #""lines": []"#) { LogBatch.read(&$0) },
        Request(
            schema: "NewLogLine", required: #""at": "2030-01-01T00:00:00Z", "message": "m""#,
            body: { #"{"lines": [\#($0)]}"# }
        ) { LogBatch.read(&$0) },
        Request(schema: "NewAPIKey", required: #""name": "a", "scopes": ["work"]"#) { NewAPIKey.read(&$0) },
        Request(schema: "KeyRotation", required: "") { KeyRotation.read(&$0) },
        Request(
            schema: "JournalUpdates",
            required: #""updates": [{"id": "a", "type": "step", "name": "n", "action": "start"}]"#
        ) { OperationUpdateList.read(&$0) },
        Request(schema: "ChildJob", required: #""kind": "a""#, body: { child($0) }) {
            OperationUpdateList.read(&$0)
        },
        Request(schema: "SuspendRequest", required: #""on": ["a"]"#) { SuspendRequest.read(&$0) },
        Request(schema: "OperationSelection", required: #""from": "a""#) { OperationSelection.read(&$0) },
        Request(schema: "StepOutput", required: #""output": 1"#) { StepOutput.read(&$0) },
        Request(schema: "NewStateMachine", required: #""name": "a", "definition": {}"#) {
            NewStateMachine.read(&$0)
        },
        Request(schema: "StateMachineSpec", required: #""definition": {}"#) { StateMachineSpec.read(&$0) },
        Request(schema: "DefinitionCheck", required: #""definition": {}"#) { DefinitionCheck.read(&$0) },
        Request(schema: "StateTest", required: #""definition": {}"#) { StateTestSpec.read(&$0) },
        Request(schema: "NewExecution", required: "") { NewExecution.read(&$0) },
        Request(schema: "ExecutionStop", required: "") { ExecutionStop.read(&$0) },
    ]

    @Sendable
    private static func child(_ job: String) -> String {
        #"{"updates": [{"id": "a", "type": "job", "name": "n", "action": "start", "options": {"job": \#(job)}}]}"#
    }

    private let schemas: [String: [String: Any]]

    init() throws {
        let object = try JSONSerialization.jsonObject(with: Data(APISchemas.text.bytes))
        schemas = try #require(object as? [String: [String: Any]])
    }

    private func properties(of request: Request) -> [String: [String: Any]] {
        schemas[request.schema]?["properties"] as? [String: [String: Any]] ?? [:]
    }

    private func read(
        _ request: Request, _ body: String
    ) throws -> (value: AnyHashable, names: [String], faults: [JSONFault]) {
        let faults = JSONFaults()
        let document = try JSONDocument(parsing: Array(body.utf8))
        var reader = JSONObjectReader(document.root, at: .root, faults: faults)
        let value = request.read(&reader)
        return (value, reader.names, faults.list)
    }

    @Test func readersReadExactlyTheDescribedFields() throws {
        for request in Self.requests {
            let described = Set(properties(of: request).keys)
            #expect(!described.isEmpty, "\(request.schema)")
            for name in described where !request.required.contains("\"\(name)\":") {
                let faults = try read(request, request.body(with: "\"\(name)\": null")).faults
                #expect(faults.isEmpty, "\(request.schema).\(name): \(faults)")
            }
            if request.body == nil {
                #expect(try Set(read(request, request.body()).names) == described, "\(request.schema)")
            }
        }
    }

    @Test func readersRequireExactlyTheDescribedFields() throws {
        for request in Self.requests {
            let faults = try read(request, request.body?("{}") ?? "{}").faults
            let missing = faults.filter { $0.message.contains("is required") }
                .compactMap { $0.pointer.description.split(separator: "/").last.map(String.init) }
            let described = schemas[request.schema]?["required"] as? [String] ?? []
            #expect(Set(missing) == Set(described), "\(request.schema): \(faults)")
        }
    }

    @Test func readersHaveTheDescribedDefaults() throws {
        var count = 0
        for request in Self.requests {
            let absent = try read(request, request.body())
            #expect(absent.faults.isEmpty, "\(request.schema): \(absent.faults)")
            for (name, schema) in properties(of: request) {
                // A job that names the default queue is not routed.
                guard let value = schema["default"], name != "queue" else { continue }
                let text = String(
                    decoding: try JSONSerialization.data(withJSONObject: value, options: .fragmentsAllowed),
                    as: UTF8.self)
                let present = try read(request, request.body(with: "\"\(name)\": \(text)"))
                #expect(present.faults.isEmpty, "\(request.schema).\(name): \(present.faults)")
                #expect(present.value == absent.value, "\(request.schema).\(name): \(text)")
                count += 1
            }
        }
        #expect(count > 30)
    }

    @Test func everySchemaOfARequestIsChecked() {
        let requests = schemas.filter { $0.value["additionalProperties"] as? Bool == false }.keys
        // The forms of a request with alternatives are read by one reader, which accepts the fields of all of them.
        let forms: Set<String> = [
            "JobsByIDs", "JobsByFilter", "JobFilter", "DeadLettersByIDs", "DeadLettersByFilter",
            "DeadLetterFilter",
            "NewBeginning", "NewPayload", "WorkStart", "MarkerStart", "TimerStart", "SignalStart", "JobStart",
            "WorkSuccess", "WorkFailure", "StepRetry", "WaitCancellation", "TimerLength", "TimerMoment",
            "SignalWait",
            "ChildSubmission", "RetryTime", "MockedResult", "MockedFailure", "MockedError",
        ]
        #expect(Set(requests).subtracting(Self.requests.map(\.schema)) == forms.union(["JobCopy"]))
    }

    @Test func aCopyHasTheFieldsOfANewJobWithoutRequiredOnes() throws {
        let (copy, job) = (try #require(schemas["JobCopy"]), try #require(schemas["NewJob"]))
        #expect(copy["required"] == nil)
        let fields = try #require(copy["properties"] as? [String: [String: Any]])
        let expected = try #require(job["properties"] as? [String: [String: Any]])
        #expect(Set(fields.keys) == Set(expected.keys))
        for (name, schema) in fields where name != "kind" {
            #expect(
                NSDictionary(dictionary: schema) == NSDictionary(dictionary: expected[name] ?? [:]), "\(name)"
            )
        }
    }
}
