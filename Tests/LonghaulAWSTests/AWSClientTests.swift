import LonghaulCore
import LonghaulHTTP
import LonghaulTestSupport
import Synchronization
import Testing

@testable import LonghaulAWS

/// Requests, retries and errors.
struct AWSClientTests {
    /// Credentials that are replaced when they are discarded.
    private final class Renewing: AWSCredentialProvider {
        private let number = Mutex(1)

        func credentials() -> AWSCredentials {
            AWSCredentials(accessKeyID: "K\(number.withLock { $0 })", secretAccessKey: "s3cret")
        }

        func discard(_ credentials: AWSCredentials) { number.withLock { $0 += 1 } }
    }

    private let time = ImpatientTime()
    private let http = HTTPClient()

    private func client(_ url: String) throws -> AWSClient {
        AWSClient(
            service: "s3", region: "us-east-1", endpoint: try AWSEndpoint(url), credentials: Renewing(),
            http: http,
            time: time, random: SeededRandom(seed: 1))
    }

    private var request: AWSRequest {
        AWSRequest(action: "s3:GetObject", resource: "the bucket \"b\"", path: "/b/k")
    }

    @Test(arguments: [(503, "SlowDown"), (500, "InternalError"), (400, "BadDigest"), (400, "RequestTimeout")])
    func errorsThatPassAreTriedAgain(status: Int, code: String) async throws {
        let service = try LocalService { _, number in number < 4 ? .error(status, code) : .text(200, "done") }
        defer { service.close() }
        let response = try await client(service.url).send(request)
        #expect(String(decoding: response.body, as: UTF8.self) == "done")
        #expect(service.calls.values.count == 4)
        #expect(time.pauses.values.count == 3)
        #expect(time.pauses.values.allSatisfy { (0...2).contains($0) })
    }

    @Test func attemptsAreBounded() async throws {
        let service = try LocalService { _, _ in .error(503, "SlowDown", "Please reduce your request rate.") }
        defer { service.close() }
        let error = await #expect(throws: AWSError.self) { try await client(service.url).send(request) }
        #expect(error?.kind == .throttled && error?.isTransient == true)
        #expect(
            error?.message
                == "s3:GetObject on the bucket \"b\" is throttled (SlowDown: Please reduce your request rate)"
        )
        #expect(service.calls.values.count == 5)
    }

    @Test(arguments: [
        (403, "AccessDenied", AWSError.Kind.denied), (404, "NoSuchBucket", .missing),
        (400, "InvalidArgument", .rejected),
        (403, "SignatureDoesNotMatch", .credentials),
    ])
    func otherErrorsAreFinal(status: Int, code: String, kind: AWSError.Kind) async throws {
        let service = try LocalService { _, _ in .error(status, code) }
        defer { service.close() }
        let error = await #expect(throws: AWSError.self) { try await client(service.url).send(request) }
        #expect(error?.kind == kind && error?.code == code && error?.status == status)
        #expect(error?.isTransient == false)
        #expect(error?.message.hasPrefix("s3:GetObject on the bucket \"b\" is ") == true)
        #expect(service.calls.values.count == 1)
    }

    @Test func expiredCredentialsAreReplacedOnce() async throws {
        let service = try LocalService { call, _ in
            call.headers["Authorization"]?.contains("=K2/") == true
                ? .text(200, "") : .error(400, "ExpiredToken")
        }
        defer { service.close() }
        _ = try await client(service.url).send(request)
        #expect(service.calls.values.count == 2)
        let strict = try LocalService { _, _ in .error(403, "InvalidAccessKeyId") }
        defer { strict.close() }
        let error = await #expect(throws: AWSError.self) { try await client(strict.url).send(request) }
        #expect(error?.kind == .credentials)
        #expect(strict.calls.values.count == 2)
    }

    @Test func clockOfTheServiceIsFollowed() async throws {
        let service = try LocalService { call, number in
            guard number == 1 else { return .text(200, call.headers["X-Amz-Date"] ?? "") }
            var response = HTTPResponse.error(403, "RequestTimeTooSkewed")
            response.headers["X-Served"] = "1"
            return response
        }
        defer { service.close() }
        let slow = ManualTime(SystemTime().now().adding(seconds: -86_400))
        let client = AWSClient(
            service: "s3", region: "us-east-1", endpoint: try AWSEndpoint(service.url),
            credentials: Renewing(),
            http: http, time: slow)
        let response = try await client.send(request)
        let today = SigningTime(SystemTime().now()).text.prefix(8)
        let served = String(decoding: response.body, as: UTF8.self)
        #expect(served.prefix(8) == today || served > String(today))
        #expect(client.serviceTime.seconds(since: slow.now()) > 86_000)
    }

    @Test func connectionThatCannotBeMadeIsNamed() async throws {
        let error = await #expect(throws: AWSError.self) {
            try await client("http://127.0.0.1:1").send(request)
        }
        #expect(error?.kind == .unavailable)
        #expect(error?.message.contains("127.0.0.1:1") == true)
        #expect(time.pauses.values.count == 4)
    }

    @Test func messageOfTheServiceIsCutAndCleaned() async throws {
        let service = try LocalService { _, _ in
            .error(400, "Bad\u{202E}Code", String(repeating: "x", count: 5000) + "\n\u{202E}")
        }
        defer { service.close() }
        let error = await #expect(throws: AWSError.self) { try await client(service.url).send(request) }
        #expect(error?.message.utf8.count ?? 0 < 500)
        #expect(error?.message.unicodeScalars.contains("\u{202E}") == false)
    }

    @Test func responseWithoutABodyIsNamedByItsStatus() async throws {
        for (status, code) in [
            (403, "AccessDenied"), (404, "NotFound"), (301, "PermanentRedirect"), (418, "HTTP 418"),
        ] {
            let response = HTTPClientResponse(status: status, body: [])
            #expect(AWSError(response, to: request).code == code)
        }
    }

    @Test func errorInJSONIsRead() {
        let cases: [(Int, String, String, String, AWSError.Kind)] = [
            (400, "com.amazonaws.sqs#QueueDoesNotExist", "No.", "QueueDoesNotExist", .missing),
            (400, "AccessDeniedException", "No.", "AccessDeniedException", .denied),
            (400, "RequestThrottled", "No.", "RequestThrottled", .throttled),
            (
                403, "InvalidSignatureException", "Signature expired: now", "RequestTimeTooSkewed",
                .credentials
            ),
            (
                403, "InvalidSignatureException", "The request signature we calculated does not match",
                "SignatureDoesNotMatch", .credentials
            ),
            (403, "InvalidSignatureException", "Another", "InvalidSignatureException", .denied),
        ]
        for (status, type, message, code, kind) in cases {
            for field in ["message", "Message"] {
                let error = AWSError(
                    json(status, "{\"__type\": \"\(type)\", \"\(field)\": \"\(message)\"}"), to: request)
                #expect(error.code == code && error.kind == kind, "\(error)")
                #expect(error.message.contains(message.dropLast()), "\(error)")
            }
        }
        for text in ["", "[]", "{", "{\"__type\": 1}"] {
            #expect(AWSError(json(404, text), to: request).code == "NotFound")
        }
    }

    private func json(_ status: Int, _ text: String) -> HTTPClientResponse {
        HTTPClientResponse(
            status: status, headers: ["Content-Type": "application/x-amz-json-1.0"], body: Array(text.utf8))
    }

    @Test(arguments: [
        "", "text", "<a>", "<a></b>", "<a/><b/>", "<!DOCTYPE a [<!ENTITY e \"x\">]><a>&e;</a>",
        String(repeating: "<a>", count: 100) + String(repeating: "</a>", count: 100),
    ])
    func documentThatIsNoPlainXMLIsRefused(text: String) {
        #expect(XMLElement(parsing: Array(text.utf8)) == nil)
    }

    @Test func documentIsParsed() throws {
        let text =
            "<?xml version=\"1.0\"?><n:r xmlns:n=\"x\"><a>1 &lt;ü&#x1F600;</a><a/><b><c>2</c></b></n:r>"
        let root = try #require(XMLElement(parsing: Array(text.utf8)))
        #expect(root.name == "r" && root.all("a").count == 2)
        #expect(root.text(of: "a") == "1 <ü😀")
        #expect(root.first("b")?.text(of: "c") == "2" && root.text(of: "none") == nil)
    }
}
