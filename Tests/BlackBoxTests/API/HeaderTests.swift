import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// The header fields of requests, and values that the server ignores.
@Suite struct HeaderTests {
    @Test func invalidRequestIDIsReplaced() async throws {
        let server = try await TestServer()
        for path in ["/healthz", "/v1/jobs/x", "/v1/nothing"] {
            let kept = try await server.call("GET", path, headers: ["X-Request-Id": "mine/1:2"])
            #expect(kept.headers["X-Request-Id"] == "mine/1:2", "\(path)")
            for unfit in ["two words", "é", String(repeating: "x", count: 129)] {
                let answer = try await server.call("GET", path, headers: ["X-Request-Id": unfit])
                let made = try #require(answer.headers["X-Request-Id"], "\(path)")
                #expect(!made.isEmpty && made != unfit)
            }
        }
    }

    @Test func pageOfAnotherSiteCannotChangeAnything() async throws {
        let server = try await TestServer()
        let foreign: HTTPHeaders = ["Sec-Fetch-Site": "cross-site", "Origin": "https://example.org"]
        let answer = try await server.call("POST", "/v1/jobs", #"{"kind": "a"}"#, headers: foreign)
        #expect(answer.status == 403 && answer.code == "forbidden", "\(answer)")
        #expect(try await server.call("GET", "/v1/jobs", headers: foreign).status == 200)
        #expect(try await server.call("GET", "/v1/jobs").count("items") == 0)
        let own: HTTPHeaders = ["Sec-Fetch-Site": "same-origin", "Origin": server.address]
        #expect(try await server.call("POST", "/v1/jobs", #"{"kind": "a"}"#, headers: own).status == 202)
    }

    @Test func malformedTraceContextIsDropped() async throws {
        let server = try await TestServer()
        for trace in ["x", "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", "00--b7ad-01", "-"] {
            let answer = try await server.call(
                "POST", "/v1/jobs", #"{"kind": "a"}"#, headers: ["traceparent": trace])
            #expect(answer.status == 202)
            #expect(!answer.has("traceparent"), "\(trace): \(answer)")
        }
    }

    @Test func preferredWaitIsCutToTheMaximum() async throws {
        let server = try await TestServer()
        for preference in ["wait=nan", "wait=-5", "wait=", "wait", "respond-async", "wait=1e-3", "wait=x"] {
            let answer = try await server.call(
                "POST", "/v1/jobs", #"{"kind": "a"}"#, headers: ["Prefer": preference])
            #expect(answer.status == 202, "\(preference): \(answer)")
        }
        for wait in ["nan", "-1", "61", "x", "inf", ""] {
            let answer = try await server.call("POST", "/v1/jobs?wait_seconds=\(wait)", #"{"kind": "a"}"#)
            #expect(answer.status == 400 && answer.pointers == ["/wait_seconds"], "\(wait): \(answer)")
        }
    }

    @Test func invalidIdempotencyKeyHeaderIsRejected() async throws {
        let server = try await TestServer()
        for key in ["", String(repeating: "k", count: 256)] {
            let answer = try await server.call(
                "POST", "/v1/jobs", #"{"kind": "a"}"#, headers: ["Idempotency-Key": key])
            #expect(answer.status == 400 && answer.pointers == ["/Idempotency-Key"], "\(key): \(answer)")
        }
        #expect(try await server.call("GET", "/v1/jobs").count("items") == 0)
    }

    @Test func rangeRequestsFollowTheStandard() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "a"}"#)
        let lease = try #require(try await server.lease())
        let bytes = Array("0123456789".utf8)
        let kept = try await server.http.send(
            HTTPClientRequest(
                method: "PUT", url: server.address + "/v1/leases/\(lease.token)/artifacts/digits.txt",
                body: .bytes(bytes)))
        #expect(kept.status == 201)
        _ = try await server.call("POST", "/v1/leases/\(lease.token)/complete", "{}")
        let url = "/v1/jobs/\(id)/artifacts/digits.txt"
        let tag = try #require(try await server.call("GET", url).headers["ETag"])
        func get(_ headers: HTTPHeaders) async throws -> Answer {
            try await server.call("GET", url, headers: headers)
        }
        for (range, part) in [("0-0", "0"), ("9-", "9"), ("-3", "789"), ("3-100", "3456789")] {
            let answer = try await get(["Range": "bytes=\(range)"])
            #expect(answer.status == 206 && String(decoding: answer.body, as: UTF8.self) == part, "\(range)")
        }
        for range in ["10-", "10-20", "-0"] {
            let answer = try await get(["Range": "bytes=\(range)"])
            #expect(answer.status == 416, "\(range)")
            #expect(answer.headers["Content-Range"] == "bytes */10", "\(range)")
        }
        // The server ignores a range that it cannot parse, and sends the whole file.
        for range in [
            "bytes=5-2", "bytes=a-b", "lines=0-1", "bytes=0-0,5-5", "bytes=", "bytes=99999999999999999999-",
        ] {
            let answer = try await get(["Range": range])
            #expect(answer.status == 200 && answer.body == bytes, "\(range): \(answer)")
        }
        #expect(try await get(["Range": "bytes=0-0", "If-Range": tag]).status == 206)
        #expect(try await get(["Range": "bytes=0-0", "If-Range": "\"other\""]).status == 200)
        for match in [tag, "*", "\"other\", \(tag)", "W/" + tag] {
            let answer = try await get(["If-None-Match": match])
            #expect(answer.status == 304 && answer.body.isEmpty, "\(match)")
        }
        #expect(try await get(["If-None-Match": "\"other\""]).status == 200)
    }

    @Test func streamResumedAfterItsEndIsClosed() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "a"}"#)
        _ = try await server.call("POST", "/v1/jobs/\(id)/cancel")
        let whole = try await server.call("GET", "/v1/jobs/\(id)/events")
        let ids = String(decoding: whole.body, as: UTF8.self).split(separator: "\n")
            .filter { $0.hasPrefix("id:") }.map { $0.dropFirst(3).trimmingCharacters(in: .whitespaces) }
        let last = try #require(ids.last)
        for place in [last, "9223372036854775807"] {
            let rest = try await server.call(
                "GET", "/v1/jobs/\(id)/events", headers: ["Last-Event-ID": place])
            // Browsers do not reconnect after 204.
            #expect(rest.status == 204 && rest.body.isEmpty, "\(place): \(rest)")
        }
        for place in ["x", "-1", "", "0"] {
            let again = try await server.call(
                "GET", "/v1/jobs/\(id)/events", headers: ["Last-Event-ID": place])
            #expect(again.body == whole.body, "\(place): \(again)")
        }
    }

    @Test(arguments: ["9223372036854775807", "-9223372036854775808", "1000"])
    func streamOfARunningJobContinuesAfterAnyLastEventID(place: String) async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "a"}"#)
        async let rest = server.call("GET", "/v1/jobs/\(id)/events", headers: ["Last-Event-ID": place])
        try await eventually("the stream is open") {
            let metrics = try await server.call("GET", "/metrics")
            return String(decoding: metrics.body, as: UTF8.self).contains("longhaul_event_streams 1\n")
        }
        _ = try await server.call("POST", "/v1/jobs/\(id)/cancel")
        let text = String(decoding: try await rest.body, as: UTF8.self)
        #expect(text.contains(#""state":"cancelled""#), "\(text)")
        #expect(try await server.call("GET", "/healthz").status == 200)
    }

    @Test func streamOfAllChangesResumes() async throws {
        let server = try await TestServer()
        var ids: [String] = []
        for queue in ["a", "b", "a"] {
            ids.append(try await server.submit(#"{"kind": "x", "queue": "\#(queue)"}"#))
        }
        // An event ID of another process: the server sends all events that it has.
        let all = try await read(server, "/v1/events", after: "0-1", events: 3)
        #expect(all.map(\.job) == ids)
        let rest = try await read(server, "/v1/events", after: all[0].id, events: 2)
        #expect(rest.map(\.job) == Array(ids.dropFirst()))
        let ofQueue = try await read(server, "/v1/events?queue=a", after: "0-1", events: 2)
        #expect(ofQueue.map(\.job) == [ids[0], ids[2]])
    }

    /// Reads `count` events and closes the stream.
    private func read(
        _ server: TestServer, _ path: String, after place: String, events count: Int
    ) async throws -> [(id: String, job: String)] {
        let stream = try await server.http.stream(
            HTTPClientRequest(
                url: server.address + path, headers: ["Last-Event-ID": place], timeout: .seconds(60)))
        var read: [(id: String, job: String)] = []
        for try await event in stream.events {
            read.append((event.id ?? "", try JSONValue(parsing: event.data).string("job_id")))
            if read.count == count { break }
        }
        return read
    }
}
