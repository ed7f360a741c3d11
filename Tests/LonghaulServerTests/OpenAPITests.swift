import Foundation
import LonghaulCore
import LonghaulEngine
import LonghaulFiles
import LonghaulHTTP
import LonghaulSQLite
import LonghaulTestSupport
import Testing

@testable import LonghaulServer

/// The OpenAPI document describes the routes of the router.
@Suite struct OpenAPITests {
    private let routes: [Route]
    private let document: [String: Any]

    init() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore.open(path: folder.file("store.db"))
        let engine = Engine(
            store: store, queue: StoreQueue(time: SystemTime()),
            artifacts: try FileArtifactStore(path: folder.file("artifacts")))
        let context = APIContext(
            engine: engine, keys: KeyDirectory(engine: engine),
            configuration: APIServerConfiguration(http: HTTPServerConfiguration(), version: "1.2.3"))
        let router = APIRouter(context)
        routes = router.routes
        let response = await router.handle(
            HTTPRequest(method: "GET", path: "/openapi.json", segments: ["openapi.json"]))
        guard case .bytes(let bytes) = response.body else { throw CancellationError() }
        document = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] ?? [:]
        await store.close()
    }

    @Test func documentListsExactlyTheRoutes() {
        let paths = document["paths"] as? [String: [String: Any]] ?? [:]
        let described = Set(paths.flatMap { path, calls in calls.keys.map { "\($0.uppercased()) \(path)" } })
        #expect(described == Set(routes.map { "\($0.method) \($0.pattern)" }))
        #expect(document["openapi"] as? String == "3.1.0")
    }

    @Test func everyOperationIsDescribedAndSorted() {
        let paths = document["paths"] as? [String: [String: [String: Any]]] ?? [:]
        let tags = Set((document["tags"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String })
        for (path, calls) in paths {
            for (method, call) in calls {
                #expect(call["description"] is String, "\(method) \(path)")
                #expect(tags.isSuperset(of: call["tags"] as? [String] ?? ["none"]), "\(method) \(path)")
            }
        }
        #expect(Set(OperationNotes.texts.keys).isSubset(of: routes.map(\.operation)))
    }

    /// Each object schema lists its required fields. A schema of a request also excludes additional fields.
    @Test func everyObjectNamesItsRequiredFields() {
        let schemas =
            (document["components"] as? [String: Any])?["schemas"] as? [String: [String: Any]] ?? [:]
        for (name, schema) in schemas where schema["properties"] != nil {
            let isClosed = schema["additionalProperties"] as? Bool == false
            #expect(schema["required"] != nil || isClosed, "\(name)")
        }
    }

    @Test func eachOperationIDIsUnique() {
        let names = routes.map(\.operation)
        #expect(Set(names).count == names.count)
    }

    @Test func everyAnswerIsDescribed() {
        let paths = document["paths"] as? [String: [String: [String: Any]]] ?? [:]
        for (path, calls) in paths {
            for (method, call) in calls {
                let answers = call["responses"] as? [String: [String: Any]] ?? [:]
                #expect(answers.keys.contains("429"), "\(method) \(path)")
                for (status, answer) in answers {
                    let description = answer["description"] as? String ?? ""
                    #expect(
                        description.count > 3 && description != "A problem", "\(method) \(path) \(status)")
                }
            }
        }
    }

    @Test func onlyCallsForManyJobsTakeBodiesUpToTheMaximumOfBatches() {
        let limits = Dictionary(grouping: routes, by: \.maxBodyBytes).mapValues { Set($0.map(\.operation)) }
        #expect(limits[16 << 20] == ["submitBatch", "completeMany", "appendLogs"])
        #expect(limits[1 << 20] == ["updateJournal"])
        let declared: Set<Int> = [1 << 20, 4 << 20, 16 << 20]
        for route in routes where !declared.contains(route.maxBodyBytes) {
            #expect(route.operation == "putArtifact", "\(route.operation): \(route.maxBodyBytes)")
        }
    }

    @Test func everyReferenceHasATarget() {
        let schemas = (document["components"] as? [String: Any])?["schemas"] as? [String: Any] ?? [:]
        var references: Set<String> = []
        func collect(_ value: Any) {
            if let object = value as? [String: Any] {
                if let reference = object["$ref"] as? String { references.insert(reference) }
                object.values.forEach(collect)
            } else if let array = value as? [Any] {
                array.forEach(collect)
            }
        }
        collect(document)
        #expect(!references.isEmpty)
        for reference in references {
            let name = reference.replacingOccurrences(of: "#/components/schemas/", with: "")
            #expect(schemas[name] != nil, "\(reference)")
        }
    }

    @Test func documentListsEveryProblemCode() {
        let schemas = (document["components"] as? [String: Any])?["schemas"] as? [String: [String: Any]]
        let properties = schemas?["Problem"]?["properties"] as? [String: [String: Any]]
        let codes = properties?["code"]?["enum"] as? [String] ?? []
        #expect(Set(codes) == Set(LonghaulError.Code.allCases.map(\.rawValue)))
    }

    @Test func documentDescribesEveryFieldOfAJob() throws {
        let schemas = (document["components"] as? [String: Any])?["schemas"] as? [String: [String: Any]]
        let described = schemas?["Job"]?["properties"] as? [String: Any] ?? [:]
        let moment = Timestamp(milliseconds: 0)
        var job = Job(
            id: JobID(high: 1, low: 1), spec: JobSpec(kind: "a"), state: .pending, caller: "c",
            createdAt: moment, runAt: moment)
        job.operationCount = 1
        guard case .bytes(let bytes) = Answer.json(200, job).body else { return }
        let written = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] ?? [:]
        #expect(Set(written.keys) == Set(described.keys))
    }
}
