import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// State machines over HTTP.
@Suite struct StateMachineTests {
    private let pass = #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}"#

    private func pointers(_ answer: Answer) throws -> [String] {
        try answer.array("errors").map { try $0.string("pointer") }
    }

    @Test func machineIsCreatedOnceUpdatedAndDeleted() async throws {
        let server = try await TestServer()
        let body = #"{"name": "größe", "definition": \#(pass), "tags": {"team": "a"}}"#
        let made = try await server.call("POST", "/v1/state-machines", body)
        #expect(made.status == 201, "\(made)")
        #expect(made.headers["Location"] == "/v1/state-machines/gr%C3%B6%C3%9Fe")
        #expect(try made.string("type") == "standard" && made.string("tags.team") == "a")
        #expect(try made.string("definition.StartAt") == "A")
        #expect(try await server.call("POST", "/v1/state-machines", body).status == 200)

        let path = "/v1/state-machines/gr%C3%B6%C3%9Fe"
        let tag = try #require(try await server.call("GET", path).headers["ETag"])
        #expect(try await server.call("GET", path, headers: ["If-None-Match": tag]).status == 304)
        let changed = #"{"definition": {"Comment": "2", \#(pass.dropFirst())}"#
        let updated = try await server.call("PUT", path, changed, headers: ["If-Match": tag])
        #expect(updated.status == 200 && updated.headers["ETag"] != tag, "\(updated)")
        #expect(try updated.string("tags.team") == "a" && updated.has("updated_at"))
        #expect(try updated.string("revision") != made.string("revision"))
        let stale = try await server.call("PUT", path, changed, headers: ["If-Match": tag])
        #expect(stale.status == 409 && stale.code == "conflict", "\(stale)")
        let other = try await server.call("POST", "/v1/state-machines", body)
        #expect(other.status == 409, "\(other)")

        let list = try await server.call("GET", "/v1/state-machines")
        #expect(try list.string("items.0.name") == "größe" && !list.has("items.0.definition"))
        #expect(try await server.call("DELETE", path).status == 204)
        for method in ["GET", "DELETE"] { #expect(try await server.call(method, path).status == 404) }
    }

    @Test func putCreatesButNeverChangesTheTypeOrAnUnknownMachineThatMustMatch() async throws {
        let server = try await TestServer()
        let path = "/v1/state-machines/a"
        let missing = try await server.call(
            "PUT", path, #"{"definition": \#(pass)}"#, headers: ["If-Match": "\"x\""])
        #expect(missing.status == 404, "\(missing)")
        #expect(
            try await server.call("PUT", path, #"{"definition": \#(pass), "type": "express"}"#).status == 201)
        let standard = try await server.call(
            "PUT", path, #"{"definition": \#(pass), "type": "standard"}"#)
        #expect(standard.status == 409, "\(standard)")
        #expect(try await server.call("PUT", path, #"{"definition": \#(pass)}"#).string("type") == "express")
        let weak = try await server.call(
            "PUT", path, #"{"definition": \#(pass)}"#, headers: ["If-Match": "a"])
        #expect(weak.status == 400, "\(weak)")
    }

    @Test func faultsOfADefinitionHavePlacesInTheRequest() async throws {
        let server = try await TestServer()
        let cases: [(definition: String, pointers: [String])] = [
            (
                #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B/~"}}}"#,
                ["/definition/States/A/Next", "/definition"]
            ),
            (#""not json""#, ["/definition"]), ("[]", ["/definition"]), ("null", ["/definition"]),
            ("\"\"", ["/definition"]), ("{}", ["/definition"]),
            (#"{"StartAt": "A", "States": {"A": {"Type": "Odd"}}}"#, ["/definition/States/A/Type"]),
        ]
        for (definition, expected) in cases {
            let answer = try await server.call(
                "POST", "/v1/state-machines", #"{"name": "a", "definition": \#(definition)}"#)
            #expect(answer.status == 400 && answer.code == "invalid_request", "\(definition): \(answer)")
            #expect(try Set(pointers(answer)).isSuperset(of: expected), "\(definition): \(answer)")
        }
        #expect(try await server.call("GET", "/v1/state-machines").count("items") == 0)
    }

    /// No path of a call hides a machine.
    @Test(arguments: ["check", "test-state", "executions", "definition"])
    func nameOfACallIsANameLikeOthers(_ name: String) async throws {
        let server = try await TestServer()
        let path = "/v1/state-machines/\(name)"
        let made = try await server.call(
            "POST", "/v1/state-machines", #"{"name": "\#(name)", "definition": \#(pass)}"#)
        #expect(made.status == 201, "\(made)")
        #expect(try await server.call("GET", path).string("name") == name)
        #expect(try await server.call("PUT", path, #"{"definition": \#(pass)}"#).status == 200)
        #expect(try await server.call("POST", path + "/executions", "{}").status == 202)
        #expect(try await server.call("GET", path + "/executions").count("items") == 1)
        #expect(try await server.call("DELETE", path).status == 204)
    }

    @Test func namesTagsAndSizesAreChecked() async throws {
        let server = try await TestServer()
        let names = ["", "a b", "a/b", "a:b", String(repeating: "x", count: 81)]
        for name in names {
            let answer = try await server.call(
                "POST", "/v1/state-machines", #"{"name": "\#(name)", "definition": \#(pass)}"#)
            #expect(try answer.status == 400 && pointers(answer) == ["/name"], "\(name): \(answer)")
        }
        let tags = try await server.call(
            "POST", "/v1/state-machines", #"{"name": "a", "definition": \#(pass), "tags": {"aws:x": "1"}}"#)
        #expect(try tags.status == 400 && pointers(tags) == ["/tags/aws:x"], "\(tags)")
        let comment = String(repeating: "x", count: 1 << 20)
        let large = try await server.call(
            "POST", "/v1/state-machines",
            #"{"name": "a", "definition": {"Comment": "\#(comment)", \#(pass.dropFirst())}"#)
        #expect(try large.status == 400 && pointers(large) == ["/definition"], "\(large.status)")
        let path = "/v1/state-machines/\(String(repeating: "x", count: 600))"
        #expect(try await server.call("GET", path).status == 404)
        #expect(try await server.call("GET", "/v1/state-machines?cursor=m1.").status == 400)
    }

    /// A body nests at most 64 deep, so such a definition is sent as text.
    @Test func deepDefinitionIsSentAsText() async throws {
        let server = try await TestServer()
        var inner = pass
        for level in 0..<20 {
            inner =
                #"{"StartAt": "P\#(level)", "States": {"P\#(level)": {"Type": "Parallel", "End": true, "Branches": [\#(inner)]}}}"#
        }
        #expect(
            try await server.call("PUT", "/v1/state-machines/a", #"{"definition": \#(inner)}"#).status == 400)
        let text = inner.replacingOccurrences(of: "\"", with: "\\\"")
        let made = try await server.call("PUT", "/v1/state-machines/a", #"{"definition": "\#(text)"}"#)
        #expect(made.status == 201, "\(made.status)")
        #expect(try await server.call("GET", "/v1/state-machines/a").status == 200)
    }

    @Test func checkReportsErrorsAndWarningsAndCreatesNothing() async throws {
        let server = try await TestServer()
        let definition =
            #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"x": "$.a"}, "End": true}}}"#
        let report = try await server.call(
            "POST", "/v1/definition-checks", #"{"definition": \#(definition)}"#)
        #expect(try report.status == 200 && report.bool("is_valid"), "\(report)")
        #expect(try report.string("problems.0.severity") == "warning")
        #expect(try report.string("problems.0.pointer") == "/definition/States/A/Parameters/x")
        let invalid = try await server.call(
            "POST", "/v1/definition-checks", #"{"definition": {"States": {}}, "type": "express"}"#)
        #expect(try invalid.status == 200 && !invalid.bool("is_valid"), "\(invalid)")
        #expect(try await server.call("GET", "/v1/state-machines").count("items") == 0)
    }

    @Test func stateIsTestedWithAMock() async throws {
        let server = try await TestServer()
        let task =
            #"{"Type": "Task", "Resource": "arn:aws:states:::longhaul:job", "Parameters": {"kind": "a"}, "Next": "B", "#
            + #""Catch": [{"ErrorEquals": ["Oops"], "Next": "C"}]}"#
        let path = "/v1/state-tests"
        let done = try await server.call(
            "POST", path, #"{"definition": \#(task), "mock": {"result": {"n": 1}}}"#)
        #expect(try done.string("status") == "succeeded" && done.string("next_state") == "B", "\(done)")
        #expect(try done.int("output.n") == 1)
        let caught = try await server.call(
            "POST", path, #"{"definition": \#(task), "mock": {"error": {"error": "Oops", "cause": "c"}}}"#)
        #expect(try caught.string("status") == "caught_error" && caught.string("next_state") == "C")
        let both = try await server.call(
            "POST", path, #"{"definition": \#(task), "mock": {"result": 1, "error": {}}}"#)
        #expect(try both.status == 400 && pointers(both) == ["/mock/error"], "\(both)")
    }

    @Test func machinesArePaged() async throws {
        let server = try await TestServer()
        for name in ["b", "a", "ä"] {
            _ = try await server.call("PUT", "/v1/state-machines/\(name)", #"{"definition": \#(pass)}"#)
        }
        let first = try await server.call("GET", "/v1/state-machines?limit=2")
        #expect(try first.array("items").map { try $0.string("name") } == ["a", "b"])
        let cursor = try first.string("next_cursor")
        let second = try await server.call("GET", "/v1/state-machines?limit=2&cursor=\(cursor)")
        #expect(try second.string("items.0.name") == "ä" && !second.has("next_cursor"))
    }
}
