import Foundation
import LonghaulAWS
import LonghaulCore
import LonghaulHTTP
import LonghaulJSON
import Testing

/// The check of signatures, with requests that botocore has signed (`make_vectors.py`).
struct SignatureCheckTests {
    /// A request as it arrives, and its body.
    private struct Received {
        var headers: HTTPHeaders
        var query: [(name: String, value: String)] = []
        var method = "POST"
        var body: [UInt8]

        var request: HTTPRequest {
            HTTPRequest(method: method, path: "/", segments: [], query: HTTPQuery(query), headers: headers)
        }
    }

    private let vectors: JSONNode
    private let time: Timestamp
    private let secret: String

    init() throws {
        let url = try #require(Bundle.module.url(forResource: "Vectors/signatures", withExtension: "json"))
        vectors = try JSONDocument(parsing: Array(try Data(contentsOf: url))).root
        time = Timestamp(milliseconds: try #require(vectors["time_ms"]?.int))
        secret = try #require(vectors["secret_access_key"]?.string)
    }

    /// The requests to Step Functions.
    private func received() throws -> [Received] {
        let states = (vectors["signed"]?.elements ?? []).filter { $0["service"]?.string == "states" }
        return try states.map { vector in
            var headers: HTTPHeaders = ["Host": try #require(vector["host"]?.string)]
            for field in vector["headers"]?.members ?? [] { headers.add(field.key, field.value.string ?? "") }
            headers.add("X-Amz-Date", "20261124T091500Z")
            headers.add("Authorization", try #require(vector["authorization"]?.string))
            return Received(headers: headers, body: Array((vector["body"]?.string ?? "").utf8))
        }
    }

    private func check(
        _ received: Received, at moment: Timestamp? = nil, secret other: String? = nil
    ) throws(AWSSignatureFault) {
        let check = try AWSSignatureCheck(of: received.request, for: "states", at: moment ?? time)
        try check.check(body: received.body, secret: other ?? secret)
    }

    private func fault(_ change: (inout Received) -> Void) throws -> AWSSignatureFault? {
        var received = try #require(try received().first)
        change(&received)
        return #expect(throws: AWSSignatureFault.self) { try check(received) }
    }

    @Test func signaturesOfBotocoreAreValid() throws {
        let all = try received()
        #expect(all.count >= 2)
        for received in all {
            try check(received)
            let id = try AWSSignatureCheck(of: received.request, for: "states", at: time).accessKeyID
            #expect(id == vectors["access_key_id"]?.string)
        }
    }

    /// Proxies may add fields, and write names and spaces in another way.
    @Test func changesThatTheSignatureAllowsAreAccepted() throws {
        var received = try #require(try received().last)
        received.headers.add("X-Forwarded-For", "10.0.0.1")
        received.headers.add("User-Agent", "other")
        received.headers["amz-sdk-request"] = nil
        received.headers.add("AMZ-SDK-Request", " attempt=1; max=5 ")
        try check(received)
    }

    @Test func alteredRequestsAreRefused() throws {
        let changes: [(inout Received) -> Void] = [
            { $0.body.append(0x20) },
            { $0.body = [] },
            { $0.method = "PUT" },
            { $0.headers["Host"] = "127.0.0.1:8081" },
            { $0.headers["X-Amz-Target"] = "AWSStepFunctions.DeleteStateMachine" },
            { $0.headers["Content-Type"] = "application/x-amz-json-1.1" },
            { $0.headers["Content-Type"] = nil },
            { $0.headers["X-Amz-Date"] = "20261124T091501Z" },
            {
                $0.headers["Authorization"] = $0.headers["Authorization"]?.replacing(
                    "/us-east-1/", with: "/eu-west-1/")
            },
            { $0.headers["Authorization"] = $0.headers["Authorization"].map { $0.dropLast() + "0" } },
            { $0.headers["Authorization"] = $0.headers["Authorization"].map { String($0.dropLast()) } },
            {
                $0.headers["Authorization"] = $0.headers["Authorization"]?.replacing(
                    "host;", with: "host;x-a;")
            },
        ]
        for (index, change) in changes.enumerated() {
            let fault = try fault(change)
            #expect(fault == .mismatch, "\(index)")
        }
        let received = try #require(try received().first)
        let other = #expect(throws: AWSSignatureFault.self) { try check(received, secret: secret + "x") }
        #expect(other == .mismatch)
    }

    @Test func theBodyMustBeSigned() throws {
        for value in [
            "UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", String(repeating: "0", count: 64),
        ] {
            var received = try #require(try received().first)
            received.headers["Authorization"] = received.headers["Authorization"]?.replacing(
                "host;", with: "host;x-amz-content-sha256;")
            received.headers.add("X-Amz-Content-SHA256", value)
            let fault = #expect(throws: AWSSignatureFault.self) { try check(received) }
            #expect(fault?.code == "InvalidSignatureException" && fault?.message.contains("body") == true)
        }
    }

    @Test func headersThatMatterMustBeSigned() throws {
        for (name, message) in [
            ("host;", "'Host'"), ("content-type;", "'Content-Type'"), (";x-amz-target", "'X-Amz-Target'"),
            (";x-amz-date", "'X-Amz-Date'"),
        ] {
            let fault = try fault { received in
                received.headers["Authorization"] = received.headers["Authorization"]?.replacing(
                    name, with: "")
            }
            #expect(fault?.code == "InvalidSignatureException")
            #expect(fault?.message == "\(message) must be a 'SignedHeader' in the AWS Authorization.")
        }
        let added = try fault { $0.headers.add("X-Amz-Expires", "60") }
        #expect(added?.message == "'X-Amz-Expires' must be a 'SignedHeader' in the AWS Authorization.")
    }

    @Test func aRequestWithAQueryIsRefused() throws {
        let fault = try fault { $0.query = [("X-Amz-Expires", "60")] }
        #expect(fault?.code == "InvalidSignatureException" && fault?.message.contains("query") == true)
        let unsigned = try self.fault {
            $0.headers["Authorization"] = nil
            $0.query = [("X-Amz-Signature", "0")]
        }
        #expect(unsigned == .missing)
    }

    @Test func theClockMayDifferByFiveMinutes() throws {
        let received = try #require(try received().first)
        for seconds in [-300.0, 0, 300] { try check(received, at: time.adding(seconds: seconds)) }
        let late = #expect(throws: AWSSignatureFault.self) {
            try check(received, at: time.adding(seconds: 301))
        }
        #expect(
            late?.message
                == "Signature expired: 20261124T091500Z is now earlier than 20261124T091501Z (20261124T092001Z - 5 min.)"
        )
        let early = #expect(throws: AWSSignatureFault.self) {
            try check(received, at: time.adding(seconds: -301))
        }
        #expect(
            early?.message
                == "Signature not yet current: 20261124T091500Z is still later than 20261124T091459Z (20261124T090959Z + 5 min.)"
        )
    }

    @Test(arguments: [
        ("/states/", "/sqs/", "Credential should be scoped to correct service: 'states'."),
        ("/aws4_request", "/aws4", "Credential should be scoped with a valid terminator: 'aws4_request'."),
        ("/us-east-1/", "//", "Credential should be scoped to a valid region."),
        (
            "/20261124/", "/20261123/",
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
                + "'20261123' != '20261124', from '20261124T091500Z'."
        ),
    ])
    func theScopeIsChecked(old: String, new: String, message: String) throws {
        let fault = try fault {
            $0.headers["Authorization"] = $0.headers["Authorization"]?.replacing(old, with: new)
        }
        #expect(fault?.code == "InvalidSignatureException" && fault?.message == message)
    }

    @Test(arguments: [
        "Bearer lh_live_secret", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 x", "AWS4-HMAC-SHA256 Credential=a/b",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/e/f, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=a, Credential=a, SignedHeaders=host, Signature=0",
        "AWS3-HTTPS Credential=a/b/c/d/aws4_request, SignedHeaders=host, Signature=0", "",
    ])
    func anIncompleteSignatureIsRefused(field: String) throws {
        let fault = try fault { $0.headers["Authorization"] = field }
        #expect(fault?.code == "IncompleteSignatureException")
        #expect(fault?.message.contains("secret") == false)
    }

    @Test(arguments: [
        nil, "", "20261124T091500", "2026-11-24T09:15:00Z", "20261324T091500Z", "20261124t091500z",
        "20261124T091560Z", "Tue, 24 Nov 2026 09:15:00 GMT",
    ])
    func theDateMustBeInBasicFormat(text: String?) throws {
        let fault = try fault { $0.headers["X-Amz-Date"] = text }
        #expect(fault?.code == "IncompleteSignatureException")
    }

    @Test(arguments: ["Authorization", "X-Amz-Date", "X-Amz-Target", "Host"])
    func repeatedHeadersAreRefused(name: String) throws {
        let fault = try fault { $0.headers.add(name, $0.headers[name] ?? "") }
        #expect(fault?.code == "IncompleteSignatureException")
    }
}
