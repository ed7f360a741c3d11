import LonghaulCore
import LonghaulHTTP
import LonghaulTestSupport
import Testing

@testable import LonghaulAWS

/// Credentials from services: the container endpoint, the instance metadata, and STS.
struct MetadataTests {
    private let folder: TemporaryFolder
    private let http = HTTPClient()

    init() throws {
        folder = try TemporaryFolder()
    }

    private func credentials(_ variables: [String: String]) async throws(AWSError) -> AWSCredentials {
        // A busy machine may answer after the second that is the default.
        let common = ["HOME": folder.path, "AWS_METADATA_SERVICE_TIMEOUT": "30"]
        let settings = try await AWSSettings(environment: AWSEnvironment(common.merging(variables) { $1 }))
        return try await settings.credentials(http: http).credentials()
    }

    private static func document(_ id: String, end: String = "2099-01-01T00:00:00Z") -> String {
        """
        {"Code": "Success", "AccessKeyId": "\(id)", "SecretAccessKey": "s", "Token": "t", "Expiration": "\(end)"}
        """
    }

    private static func role(_ action: String) -> String {
        """
        <\(action)Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><\(action)Result><Credentials>
        <AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s&amp;s</SecretAccessKey><SessionToken>t</SessionToken>
        <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></\(action)Result></\(action)Response>
        """
    }

    @Test func containerEndpointGetsTheTokenOfItsFile() async throws {
        let service = try LocalService { _, _ in .text(200, Self.document("ECS")) }
        defer { service.close() }
        let file = try folder.write("token", "Bearer x\n")
        let keys = try await credentials([
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": service.url + "/v2/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": file,
        ])
        #expect(keys.accessKeyID == "ECS" && keys.sessionToken == "t" && keys.expiresAt != nil)
        #expect(service.calls.values.first?.headers["Authorization"] == "Bearer x")
    }

    @Test(arguments: ["http://169.254.169.254/x", "http://example.com/x", "file:///etc/passwd", "nonsense"])
    func containerEndpointOfAnotherHostIsRefused(url: String) async {
        let error = await #expect(throws: AWSError.self) {
            try await credentials(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url])
        }
        #expect(error?.kind == .configuration)
    }

    @Test func containerEndpointThatFailsIsNamed() async throws {
        let service = try LocalService { _, _ in .text(404, "s3cret") }
        defer { service.close() }
        let error = await #expect(throws: AWSError.self) {
            try await credentials(["AWS_CONTAINER_CREDENTIALS_FULL_URI": service.url])
        }
        #expect(error?.message == "the endpoint of the container's credentials answered with the status 404")
    }

    @Test func instanceMetadataNeedsASessionToken() async throws {
        let service = try LocalService { call, _ in
            switch (call.method, call.path) {
            case ("PUT", "/latest/api/token"): .text(200, "session")
            case _ where call.headers["X-aws-ec2-metadata-token"] != "session": .text(401, "")
            case ("GET", "/latest/meta-data/iam/security-credentials/"): .text(200, "my-role\n")
            case ("GET", "/latest/meta-data/iam/security-credentials/my-role"):
                .text(200, Self.document("EC2"))
            default: .text(404, "")
            }
        }
        defer { service.close() }
        #expect(
            try await credentials(["AWS_EC2_METADATA_SERVICE_ENDPOINT": service.url]).accessKeyID == "EC2")
        #expect(service.calls.values[0].headers["X-aws-ec2-metadata-token-ttl-seconds"] == "21600")
    }

    @Test func expiredCredentialsOfTheInstanceStayInUse() async throws {
        let service = try LocalService { call, _ in
            .text(200, call.path.hasSuffix("/r") ? Self.document("OLD", end: "2020-01-01T00:00:00Z") : "r")
        }
        defer { service.close() }
        let keys = try await credentials(["AWS_EC2_METADATA_SERVICE_ENDPOINT": service.url])
        #expect(try #require(keys.expiresAt) > SystemTime().now())
    }

    @Test func machineWithoutMetadataHasNoCredentials() async throws {
        let error = await #expect(throws: AWSError.self) {
            try await credentials(["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1"])
        }
        #expect(error?.message.hasPrefix("there are no AWS credentials in any of these places: ") == true)
        #expect(error?.message.hasSuffix("the instance metadata at http://127.0.0.1:1") == true)
    }

    @Test func webIdentityIsExchangedWithoutASignature() async throws {
        let service = try LocalService { _, _ in .xml(200, Self.role("AssumeRoleWithWebIdentity")) }
        defer { service.close() }
        let keys = try await credentials([
            "AWS_WEB_IDENTITY_TOKEN_FILE": try folder.write("jwt", "a.b+c\n"),
            "AWS_ROLE_ARN": "arn:aws:iam::1:role/r",
            "AWS_ROLE_SESSION_NAME": "me", "AWS_ENDPOINT_URL_STS": service.url,
        ])
        #expect(keys.accessKeyID == "ASIA" && keys.secretAccessKey == "s&s")
        let call = try #require(service.calls.values.first)
        #expect(call.headers["Authorization"] == nil)
        #expect(
            call.body
                == "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr"
                + "&RoleSessionName=me&WebIdentityToken=a.b%2Bc")
    }

    @Test func roleOfAProfileIsAssumedWithTheKeysOfAnother() async throws {
        let service = try LocalService { _, _ in .xml(200, Self.role("AssumeRole")) }
        defer { service.close() }
        try folder.write(
            ".aws/config",
            "[default]\nrole_arn = arn:r\nsource_profile = base\nexternal_id = e\nregion = eu-west-3\n")
        try folder.write(".aws/credentials", "[base]\naws_access_key_id = BASE\naws_secret_access_key = s\n")
        let keys = try await credentials(["AWS_ENDPOINT_URL_STS": service.url])
        #expect(keys.accessKeyID == "ASIA")
        let call = try #require(service.calls.values.first)
        #expect(call.headers["Authorization"]?.contains("Credential=BASE/") == true)
        #expect(call.headers["Authorization"]?.contains("/eu-west-3/sts/aws4_request") == true)
        #expect(call.body.contains("&ExternalId=e"))
    }

    @Test func refusedRoleIsNamed() async throws {
        let service = try LocalService { _, _ in
            .xml(
                403,
                "<ErrorResponse><Error><Code>AccessDenied</Code><Message>No.</Message></Error></ErrorResponse>"
            )
        }
        defer { service.close() }
        let error = await #expect(throws: AWSError.self) {
            try await credentials([
                "AWS_WEB_IDENTITY_TOKEN_FILE": try folder.write("jwt", "s3cret"), "AWS_ROLE_ARN": "arn:r",
                "AWS_ENDPOINT_URL_STS": service.url,
            ])
        }
        #expect(
            error?.message
                == "sts:AssumeRoleWithWebIdentity on the role arn:r is not allowed for these AWS credentials "
                + "(AccessDenied: No)")
        #expect(service.calls.values.count == 1)
    }
}
