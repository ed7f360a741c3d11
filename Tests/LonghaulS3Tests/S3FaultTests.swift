import LonghaulCore
import LonghaulHTTP
import LonghaulTestServers
import LonghaulTestSupport
import Testing

@testable import LonghaulS3

/// The store while the server refuses, loses and changes requests.
struct S3FaultTests {
    /// Writes a file of three parts under a fault of the second one, and reads it.
    private func expectRecovery(_ fault: String, retries: Int = 1) async throws {
        let fixture = try await Fixture(options: Fixture.smallParts)
        try await fixture.plan(fault)
        let count = 11 << 20
        let file = try await fixture.put("a", count: count)
        #expect(file.sizeBytes == Int64(count))
        #expect(try await fixture.contents("a") == Fixture.bytes(count))
        #expect(try await fixture.requests("/.*partNumber=2").count == retries + 1)
        #expect(try await fixture.unfinishedUploads().isEmpty)
    }

    @Test func connectionCutInTheMiddleOfAPart() async throws {
        try await expectRecovery("{\"do\": \"cut\", \"match\": \"PREFIX/.*partNumber=2\"}")
    }

    @Test func slowDown() async throws {
        try await expectRecovery(
            "{\"do\": \"error\", \"code\": \"SlowDown\", \"times\": 2, \"match\": \"PREFIX/.*partNumber=2\"}",
            retries: 2)
    }

    @Test func bytesChangedOnTheWay() async throws {
        try await expectRecovery("{\"do\": \"corrupt\", \"match\": \"PREFIX/.*partNumber=2\"}")
    }

    @Test func tokenExpiredInTheMiddle() async throws {
        try await expectRecovery(
            "{\"do\": \"error\", \"status\": 400, \"code\": \"ExpiredToken\", \"match\": \"PREFIX/.*partNumber=2\"}"
        )
    }

    @Test func answerToAPartIsLost() async throws {
        try await expectRecovery("{\"do\": \"lose_answer\", \"match\": \"PREFIX/.*partNumber=2\"}")
    }

    @Test func answerToTheEndOfAnUploadIsLost() async throws {
        let fixture = try await Fixture(options: Fixture.smallParts)
        // S3 no longer knows an upload that is complete; moto does.
        try await fixture.plan(
            "{\"do\": \"lose_answer\", \"method\": \"POST\", \"match\": \"PREFIX/.*uploadId\"},"
                + "{\"do\": \"error\", \"status\": 404, \"code\": \"NoSuchUpload\", \"method\": \"POST\", "
                + "\"match\": \"PREFIX/.*uploadId\"}")
        try await fixture.put("a", count: 6 << 20)
        #expect(try await fixture.contents("a") == Fixture.bytes(6 << 20))
        #expect(try await fixture.requests("/.*uploadId").filter { $0.method == "POST" }.count == 2)
    }

    @Test func uploadThatDisappearedFails() async throws {
        let fixture = try await Fixture(options: Fixture.smallParts)
        try await fixture.put("a", count: 3, seed: 9)
        try await fixture.plan(
            "{\"do\": \"error\", \"status\": 404, \"code\": \"NoSuchUpload\", \"method\": \"POST\", "
                + "\"match\": \"PREFIX/.*uploadId\"}")
        let error = await #expect(throws: LonghaulError.self) { try await fixture.put("a", count: 6 << 20) }
        #expect(error?.code == .unavailable && error?.detail.contains("NoSuchUpload") == true)
        #expect(try await fixture.contents("a") == Fixture.bytes(3, seed: 9))
    }

    @Test func serviceThatStaysAwayFailsTheUpload() async throws {
        let fixture = try await Fixture(options: Fixture.smallParts)
        try await fixture.plan(
            "{\"do\": \"error\", \"code\": \"ServiceUnavailable\", \"times\": 1000, \"match\": \"PREFIX/.*partNumber\"}"
        )
        let error = await #expect(throws: LonghaulError.self) { try await fixture.put("a", count: 11 << 20) }
        #expect(error?.code == .unavailable)
        #expect(
            error?.detail.hasPrefix(
                "s3:PutObject on the bucket \"files\" failed in the service (ServiceUnavailable")
                == true, "\(error?.detail ?? "")")
        #expect(try await fixture.unfinishedUploads().isEmpty)
    }

    @Test func downloadContinuesAfterACut() async throws {
        let fixture = try await Fixture("&downloads=proxy")
        try await fixture.put("a", count: 3 << 20)
        try await fixture.plan(
            "{\"do\": \"cut_answer\", \"method\": \"GET\", \"times\": 2, \"match\": \"PREFIX/\"}")
        #expect(try await fixture.contents("a") == Fixture.bytes(3 << 20))
        let ranges = try await fixture.requests("/").filter {
            $0.method == "GET" && $0.headers["range"] != nil
        }
        #expect(ranges.count == 3 && ranges[0].headers["range"] == "bytes=0-3145727")
        #expect(ranges[2].headers["range"] != ranges[0].headers["range"])
    }

    @Test func fileThatIsReplacedDuringADownloadIsNotMixed() async throws {
        let fixture = try await Fixture("&downloads=proxy")
        try await fixture.put("a", count: 1000)
        guard case .content(let content) = try await fixture.store.locate(fixture.attempt, name: "a") else {
            Issue.record("no content")
            return
        }
        try await fixture.put("a", count: 1000, seed: 1)
        let error = await #expect(throws: LonghaulError.self) { _ = try await content.open(0..<1000) }
        #expect(error?.code == .unavailable && error?.detail.contains("replaced") == true)
    }

    // MARK: The start

    private func expectStart(
        _ url: (AWSServer) -> String, _ variables: [String: String] = AWSServer.credentials,
        fails sentence: String
    ) async throws {
        let server = try AWSServer.shared.get()
        let error = await #expect(throws: LonghaulError.self) {
            _ = try await Fixture.open(url(server), variables)
        }
        #expect(error?.code == .unavailable)
        #expect(error?.detail.contains(sentence) == true, "\(error?.detail ?? "")")
        for secret in ["test-secret", "wrong-secret", "t0ken"] {
            #expect(error?.detail.contains(secret) == false)
        }
    }

    @Test func wrongBucketEndsTheStart() async throws {
        try await expectStart(
            { "s3://absent/p?region=us-east-1&endpoint=\($0.url)&style=path" },
            fails: "there is no bucket \"absent\" (NoSuchBucket)")
    }

    @Test func wrongRegionEndsTheStart() async throws {
        try await expectStart(
            { "s3://files/p?region=eu-west-1&endpoint=\($0.url)&style=path" },
            fails: "the bucket \"files\" is in the region us-east-1, not eu-west-1: set region=us-east-1")
    }

    @Test func redirectToAnotherRegionEndsTheStart() async throws {
        let server = try AWSServer.shared.get()
        let fixture = try await Fixture()
        try await fixture.plan(
            "{\"do\": \"error\", \"status\": 301, \"code\": \"PermanentRedirect\", \"region\": \"eu-north-1\", "
                + "\"match\": \"list-type.*PREFIX\"}")
        let error = await #expect(throws: LonghaulError.self) {
            _ = try await Fixture.open(server.artifacts(prefix: fixture.prefix))
        }
        #expect(
            error?.detail
                == "the bucket \"files\" is in the region eu-north-1, not us-east-1: set region=eu-north-1")
    }

    @Test func missingRegionEndsTheStart() async throws {
        try await expectStart({ _ in "s3://files/p" }, fails: "there is no region")
    }

    @Test func wrongCredentialsEndTheStart() async throws {
        let url = { (server: AWSServer) in server.artifacts(prefix: "p") }
        try await expectStart(
            url, [:],
            fails: "there are no AWS credentials in any of these places: the variables AWS_ACCESS_KEY_ID and "
                + "AWS_SECRET_ACCESS_KEY; the web identity of AWS_WEB_IDENTITY_TOKEN_FILE; the profile \"default\" of "
                + "/nowhere/.aws/credentials and /nowhere/.aws/config; the container endpoint")
        try await expectStart(
            url, ["AWS_ACCESS_KEY_ID": "UNKNOWN", "AWS_SECRET_ACCESS_KEY": "wrong-secret"],
            fails: "S3 does not know the AWS access key ID (InvalidAccessKeyId)")
        try await expectStart(
            url, ["AWS_ACCESS_KEY_ID": "AKIDTEST", "AWS_SECRET_ACCESS_KEY": "wrong-secret"],
            fails: "the AWS secret access key does not belong to the access key ID")
        try await expectStart(
            url, AWSServer.credentials.merging(["AWS_SESSION_TOKEN": "expired"]) { $1 },
            fails: "the session token of the AWS credentials is invalid or has expired (ExpiredToken)")
        try await expectStart(
            url, ["AWS_ACCESS_KEY_ID": "AKIDDENIED", "AWS_SECRET_ACCESS_KEY": "denied-secret"],
            fails:
                "s3:ListBucket on the bucket \"files\" is not allowed for these AWS credentials (AccessDenied"
        )
    }

    @Test func wrongEndpointEndsTheStart() async throws {
        try await expectStart(
            { _ in "s3://files/p?region=us-east-1&endpoint=http://127.0.0.1:1&style=path" },
            fails: "127.0.0.1:1")
        try await expectStart(
            { _ in "s3://files/p?endpoint=nonsense" }, fails: "the endpoint must be http://HOST")
        // By default, the bucket is part of the host name.
        try await expectStart(
            { _ in "s3://files/p?endpoint=http://host.invalid" },
            fails: "the host files.host.invalid is unknown: correct the endpoint, or add style=path")
        try await expectStart(
            { _ in "s3://files/p?region=nowhere" },
            fails:
                "there is no S3 in the region nowhere, or no network: the host files.s3.nowhere.amazonaws.com"
        )
    }

    @Test func bucketThatMayOnlyBeReadEndsTheStart() async throws {
        let server = try AWSServer.shared.get()
        let fixture = try await Fixture()
        try await fixture.plan(
            "{\"do\": \"error\", \"status\": 403, \"code\": \"AccessDenied\", \"method\": \"PUT\", "
                + "\"match\": \"PREFIX/.longhaul-probe\"}")
        let error = await #expect(throws: LonghaulError.self) {
            _ = try await Fixture.open(server.artifacts(prefix: fixture.prefix))
        }
        #expect(error?.detail.hasPrefix("s3:PutObject on the bucket \"files\" is not allowed") == true)
    }

    @Test func probesAreRemoved() async throws {
        let fixture = try await Fixture()
        try await fixture.store.checkReady()
        var keys: [String] = []
        try await fixture.store.bucket.forEachPage(fixture.prefix) { keys += $0.map(\.key) }
        #expect(keys.isEmpty)
    }
}
