import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// Executions over HTTP.
@Suite struct ExecutionTests {
    private let work = #"{"Type": "Task", "Resource": "arn:aws:states:::longhaul:job", "End": true, "#

    /// A server with the machine `work`, whose execution waits for a job of the kind `work`.
    private func server() async throws -> TestServer {
        let server = try await TestServer()
        let task = work + #""Parameters": {"kind": "work", "payload.$": "$"}}"#
        let made = try await server.call(
            "PUT", "/v1/state-machines/work",
            #"{"definition": {"StartAt": "Do", "States": {"Do": \#(task)}}}"#)
        #expect(made.status == 201, "\(made)")
        return server
    }

    private func start(_ server: TestServer, _ body: String = "{}") async throws -> String {
        let started = try await server.call("POST", "/v1/state-machines/work/executions", body)
        #expect(started.status == 202, "\(started)")
        let id = try started.string("id")
        #expect(started.headers["Location"] == "/v1/executions/\(id)")
        return id
    }

    /// Completes the job of the open task.
    private func complete(_ server: TestServer, _ result: String) async throws {
        let lease = try #require(try await server.lease(wait: 20))
        let done = try await server.call(
            "POST", "/v1/leases/\(lease.token)/complete", #"{"result": \#(result)}"#)
        #expect(done.status == 200, "\(done)")
    }

    @Test func executionRunsAndShowsItsStatesOutputAndHistory() async throws {
        let server = try await server()
        let id = try await start(server, #"{"name": "first", "input": {"n": 1.0}}"#)
        try await eventually("the state is entered") {
            try await server.call("GET", "/v1/executions/\(id)").count("open_states") == 1
        }
        let open = try await server.call("GET", "/v1/executions/\(id)")
        #expect(try open.string("open_states.0.name") == "Do" && open.string("open_states.0.type") == "Task")
        #expect(try open.string("status") == "running" && !open.has("output"))
        try await complete(server, #"{"ok": true}"#)
        let ended = try await server.call("GET", "/v1/executions/\(id)?wait_seconds=20")
        #expect(try ended.string("status") == "succeeded" && ended.bool("output.ok"), "\(ended)")
        #expect(try ended.count("open_states") == 0 && ended.string("state_machine") == "work")
        let tag = try #require(ended.headers["ETag"])
        let same = try await server.call("GET", "/v1/executions/\(id)", headers: ["If-None-Match": tag])
        #expect(same.status == 304)

        let types = [
            "execution_started", "task_state_entered", "task_scheduled", "task_started", "task_succeeded",
            "task_state_exited", "execution_succeeded",
        ]
        for order in ["asc", "desc"] {
            var found: [String] = []
            var path: String? = "/v1/executions/\(id)/history?limit=3&order=\(order)"
            while let page = path {
                let answer = try await server.call("GET", page)
                found += try answer.array("items").map { try $0.string("type") }
                path =
                    answer.has("next_cursor")
                    ? "/v1/executions/\(id)/history?limit=3&order=\(order)&cursor="
                        + (try answer.string("next_cursor")) : nil
            }
            #expect(found == (order == "asc" ? types : types.reversed()))
        }
        let definition = try await server.call("GET", "/v1/executions/\(id)/definition")
        #expect(try definition.string("StartAt") == "Do")
    }

    @Test func nameStartsOneExecution() async throws {
        let server = try await server()
        let id = try await start(server, #"{"name": "one", "input": {"n": 1}}"#)
        let path = "/v1/state-machines/work/executions"
        let again = try await server.call("POST", path, #"{"name": "one", "input": {"n": 1}}"#)
        #expect(try again.status == 200 && again.string("id") == id, "\(again)")
        #expect(again.headers["Idempotent-Replayed"] == "true")
        let other = try await server.call("POST", path, #"{"name": "one", "input": {"n": 2}}"#)
        #expect(other.status == 409 && other.code == "conflict", "\(other)")
        #expect(try await server.call("GET", path).count("items") == 1)
    }

    @Test func stopEndsAndRedriveContinues() async throws {
        let server = try await server()
        let id = try await start(server)
        let early = try await server.call("POST", "/v1/executions/\(id)/redrive")
        #expect(early.status == 409, "\(early)")
        let stopped = try await server.call(
            "POST", "/v1/executions/\(id)/stop", #"{"error": "Mine", "cause": "why"}"#)
        #expect(try stopped.string("status") == "aborted" && stopped.string("error") == "Mine", "\(stopped)")
        let twice = try await server.call("POST", "/v1/executions/\(id)/stop")
        #expect(try twice.status == 200 && twice.string("error") == "Mine", "\(twice)")
        let redriven = try await server.call("POST", "/v1/executions/\(id)/redrive")
        #expect(redriven.status == 200, "\(redriven)")
        try await complete(server, "7")
        let ended = try await server.call("GET", "/v1/executions/\(id)?wait_seconds=20")
        #expect(try ended.int("output") == 7 && ended.int("redrive_count") == 1, "\(ended)")
        let audit = try await server.call("GET", "/v1/audit?subject=\(id)")
        #expect(
            try audit.array("items").map { try $0.string("action") } == ["execution.redrive", "execution.stop"])
        let machine = try await server.call("GET", "/v1/audit?subject=work")
        #expect(try machine.string("items.0.action") == "state_machine.set")
    }

    @Test func listsAreFilteredAndPaged() async throws {
        let server = try await server()
        var ids: [String] = []
        for _ in 0..<3 { ids.append(try await start(server)) }
        _ = try await server.call("POST", "/v1/executions/\(ids[0])/stop", "{}")
        let running = try await server.call("GET", "/v1/executions?status=running&state_machine=work")
        #expect(try running.array("items").map { try $0.string("id") } == [ids[2], ids[1]])
        #expect(!running.has("items.0.input"))
        let first = try await server.call("GET", "/v1/executions?limit=2")
        let cursor = try first.string("next_cursor")
        let second = try await server.call("GET", "/v1/executions?limit=2&cursor=\(cursor)")
        #expect(try second.array("items").map { try $0.string("id") } == [ids[0]])
        #expect(try await server.call("GET", "/v1/executions?state_machine=none").status == 404)
        #expect(try await server.call("GET", "/v1/executions?status=odd").status == 400)
    }

    @Test func expressExecutionAnswersWithItsResult() async throws {
        let server = try await TestServer()
        let fail = #"{"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "E", "Cause": "c"}}}"#
        let pass = #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}"#
        for (name, definition) in [("fail", fail), ("pass", pass)] {
            let body = #"{"definition": \#(definition), "type": "express"}"#
            #expect(try await server.call("PUT", "/v1/state-machines/\(name)", body).status == 201)
        }
        let passed = try await server.call("POST", "/v1/state-machines/pass/executions", #"{"input": [1]}"#)
        #expect(try passed.status == 200 && passed.int("output.0") == 1 && !passed.has("id"), "\(passed)")
        let failed = try await server.call("POST", "/v1/state-machines/fail/executions", "{}")
        #expect(try failed.string("status") == "failed" && failed.string("error") == "E", "\(failed)")
        #expect(try await server.call("GET", "/v1/state-machines/pass/executions").status == 409)
    }

    @Test func invalidStartsAndUnknownExecutionsAreRefused() async throws {
        let server = try await server()
        let path = "/v1/state-machines/work/executions"
        let large = String(repeating: "x", count: 262_145)
        let bodies = [
            (#"{"name": "a/b"}"#, "/name"), (#"{"input": "\#(large)"}"#, "/input"), (#"{"n": 1}"#, "/n"),
        ]
        for (body, pointer) in bodies {
            let answer = try await server.call("POST", path, body)
            #expect(answer.status == 400, "\(answer)")
            #expect(try answer.string("errors.0.pointer") == pointer, "\(answer)")
        }
        #expect(try await server.call("POST", path, #"{"qualifier": "live"}"#).status == 404)
        #expect(try await server.call("POST", "/v1/state-machines/none/executions", "{}").status == 404)
        let job = try await server.submit(#"{"kind": "a"}"#)
        for id in [job, "01890000-0000-7000-8000-000000000000", "x"] {
            for call in ["", "/history", "/definition"] {
                #expect(try await server.call("GET", "/v1/executions/\(id)\(call)").status == 404, "\(id)\(call)")
            }
            for call in ["/stop", "/redrive"] {
                #expect(try await server.call("POST", "/v1/executions/\(id)\(call)").status == 404)
            }
        }
        let id = try await start(server)
        for cursor in ["h1.0", "h1.01", "h1.x", "x", "h1.9999999999"] {
            let answer = try await server.call("GET", "/v1/executions/\(id)/history?cursor=\(cursor)")
            #expect(answer.status == 400, "\(cursor): \(answer)")
        }
    }

    @Test func scopesAndLimitsOfKeysHold() async throws {
        let server = try await server()
        let id = try await start(server)
        func key(_ name: String, _ scopes: String, _ more: String = "") async throws -> HTTPHeaders {
            let made = try await server.call(
                "POST", "/v1/keys", #"{"name": "\#(name)", "scopes": [\#(scopes)]\#(more)}"#,
                headers: admin)
            return ["Authorization": "Bearer " + (try made.string("key"))]
        }
        var admin: HTTPHeaders = [:]
        admin = try await key("admin", #""admin""#)
        let reader = try await key("reader", #""jobs:read""#)
        let submitter = try await key("submitter", #""jobs:submit""#)
        let limited = try await key(
            "limited", #""jobs:read", "jobs:submit", "jobs:write", "queues:write""#, #", "kinds": ["mail.*"]"#)
        let definition = #"{"definition": {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}}"#
        let calls: [(String, String, String?, HTTPHeaders, Int)] = [
            ("GET", "/v1/state-machines", nil, [:], 401), ("GET", "/v1/executions/\(id)", nil, reader, 200),
            ("PUT", "/v1/state-machines/a", definition, reader, 403),
            ("POST", "/v1/executions/\(id)/stop", nil, reader, 403),
            ("POST", "/v1/state-machines/work/executions", "{}", reader, 403),
            ("POST", "/v1/state-machines/work/executions", "{}", submitter, 202),
            ("GET", "/v1/executions", nil, submitter, 403),
            ("GET", "/v1/executions/\(id)", nil, limited, 403),
            ("GET", "/v1/state-machines", nil, limited, 403),
            ("PUT", "/v1/state-machines/a", definition, limited, 403),
            ("POST", "/v1/state-machines/work/executions", "{}", limited, 403),
        ]
        for (method, path, body, headers, status) in calls {
            let answer = try await server.call(method, path, body, headers: headers)
            #expect(answer.status == status, "\(method) \(path): \(answer)")
        }
    }
}
