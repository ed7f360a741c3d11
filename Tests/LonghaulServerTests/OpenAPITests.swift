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

    /// The operations of the document by their names, `GET /v1/jobs`.
    private var operations: [(name: String, call: [String: Any])] {
        let paths = document["paths"] as? [String: [String: [String: Any]]] ?? [:]
        return paths.flatMap { path, calls in calls.map { ("\($0.key.uppercased()) \(path)", $0.value) } }
    }

    private func isText(_ value: Any?) -> Bool { (value as? String).map { $0.count > 3 } ?? false }

    @Test func everyOperationIsDescribedAndSorted() {
        let tags = Set((document["tags"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String })
        for (name, call) in operations {
            #expect(isText(call["summary"]) && isText(call["description"]), "\(name)")
            #expect(tags.isSuperset(of: call["tags"] as? [String] ?? ["none"]), "\(name)")
            for parameter in call["parameters"] as? [[String: Any]] ?? [] {
                #expect(isText(parameter["description"]), "\(name) \(parameter)")
                #expect((parameter["schema"] as? [String: Any])?["type"] != nil, "\(name) \(parameter)")
            }
        }
    }

    /// Each JSON body of a request, and each JSON answer, has an example.
    @Test func everyOperationHasExamples() {
        for (name, call) in operations {
            let body = (call["requestBody"] as? [String: Any])?["content"] as? [String: [String: Any]]
            let answers = call["responses"] as? [String: [String: Any]] ?? [:]
            let contents =
                answers.values.compactMap { $0["content"] as? [String: [String: Any]] } + [body ?? [:]]
            for content in contents {
                guard let json = content["application/json"] else { continue }
                #expect(json["example"] != nil, "\(name) \(json)")
            }
        }
    }

    /// Each field of each object is described, or its schema is.
    @Test func everyFieldIsDescribed() {
        let schemas =
            (document["components"] as? [String: Any])?["schemas"] as? [String: [String: Any]] ?? [:]
        func check(_ value: Any, at place: String) {
            if let list = value as? [Any] { list.forEach { check($0, at: place) } }
            guard let schema = value as? [String: Any] else { return }
            // The rule that two fields exclude each other has no fields of its own.
            for (key, inner) in schema where key != "not" && key != "properties" && key != "examples" {
                check(inner, at: "\(place) \(key)")
            }
            for (name, field) in schema["properties"] as? [String: [String: Any]] ?? [:] {
                // A field that may be null refers to its schema in a choice.
                let choices = [field] + (field["anyOf"] as? [[String: Any]] ?? [])
                let reference = choices.lazy.compactMap { $0["$ref"] as? String }.first
                let target = reference?.split(separator: "/").last.map(String.init)
                let text = field["description"] ?? target.flatMap { schemas[$0]?["description"] }
                #expect(isText(text), "\(place).\(name)")
                check(field, at: "\(place).\(name)")
            }
        }
        for (name, schema) in schemas { check(schema, at: name) }
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
