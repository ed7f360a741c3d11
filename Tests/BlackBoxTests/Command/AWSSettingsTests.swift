import LonghaulTestServers
import LonghaulTestSupport
import Testing

/// A wrong setting of S3 or SQS ends the start with one sentence that names it.
@Suite struct AWSSettingsTests {
    private static let right = AWSServer.credentials
    private static let none = ["AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""]
    private static let denied = ["AWS_ACCESS_KEY_ID": "AKIDDENIED", "AWS_SECRET_ACCESS_KEY": "denied-secret"]
    private static let unknown = ["AWS_ACCESS_KEY_ID": "AKIDNOBODY", "AWS_SECRET_ACCESS_KEY": "wrong-secret"]
    private static let wrong = ["AWS_ACCESS_KEY_ID": "AKIDTEST", "AWS_SECRET_ACCESS_KEY": "wrong-secret"]
    private static let expired = right.merging(["AWS_SESSION_TOKEN": "expired"]) { $1 }

    private let folder: TemporaryFolder
    private let aws: AWSServer

    init() throws {
        folder = try TemporaryFolder()
        aws = try AWSServer.shared.get()
    }

    /// The variables of a process without the files and the metadata of this machine.
    private func environment(_ variables: [String: String]) -> [String: String] {
        variables.merging(["HOME": folder.file("home"), "AWS_EC2_METADATA_DISABLED": "true"]) { $1 }
    }

    /// Starts a server, and expects that it ends with one line that has this sentence.
    private func expectStart(
        _ option: String, _ url: String, _ variables: [String: String] = right, code: Int32 = 1,
        says sentence: String
    ) async throws {
        let run = try await longhaul(
            [
                "serve", "--listen", "127.0.0.1:0", "--store", "sqlite:" + folder.file("longhaul.db"), option,
                url,
            ],
            environment: environment(variables), folder: folder.path)
        #expect(run.code == code, "\(url): \(run)")
        let lines = run.errors.split(separator: "\n").filter { !$0.hasPrefix("see longhaul") }
        #expect(lines.count == 1, "\(url): \(run.errors)")
        #expect(
            run.errors.hasPrefix(code == 2 ? "longhaul: \(option): " : "longhaul: cannot open "),
            "\(run.errors)")
        #expect(run.errors.contains(sentence), "\(url): \(run.errors)")
        for secret in ["test-secret", "wrong-secret", "denied-secret", "expired-"] {
            #expect(!run.errors.contains(secret))
        }
    }

    private static let places =
        "there are no AWS credentials in any of these places: the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; "
        + "the web identity of AWS_WEB_IDENTITY_TOKEN_FILE; the profile \"default\" of "

    // MARK: S3

    private func s3(_ endpoint: String, bucket: String = "files", region: String = "us-east-1") -> String {
        "s3://\(bucket)/p?region=\(region)&style=path&endpoint=\(endpoint)"
    }

    @Test func wrongHostOfS3() async throws {
        try await expectStart(
            "--artifacts", s3("http://127.0.0.1:1"), says: "cannot connect to 127.0.0.1:1: connection refused"
        )
        try await expectStart(
            "--artifacts", "s3://files/p?endpoint=http://host.invalid",
            says: "the host files.host.invalid is unknown: correct the endpoint, or add style=path")
        let other = try await TestServer()
        try await expectStart(
            "--artifacts", s3(other.address),
            says: "the server at \(other.address) does not answer like S3 (status 404): correct the endpoint")
    }

    @Test func wrongBucketOrRegionOfS3() async throws {
        try await expectStart(
            "--artifacts", s3(aws.url, bucket: "absent"), says: "there is no bucket \"absent\" (NoSuchBucket)"
        )
        try await expectStart(
            "--artifacts", s3(aws.url, region: "eu-west-1"),
            says: "the bucket \"files\" is in the region us-east-1, not eu-west-1: set region=us-east-1")
        try await expectStart("--artifacts", "s3://files/p", says: "there is no region: add ?region=NAME")
    }

    @Test func wrongCredentialsOfS3() async throws {
        let url = s3(aws.url)
        try await expectWrongCredentials(
            "--artifacts", url, of: "S3", unknownKey: "InvalidAccessKeyId",
            denied:
                "s3:ListBucket on the bucket \"files\" is not allowed for these AWS credentials (AccessDenied"
        )
        try await expectStart(
            "--artifacts", url + "&profile=none",
            says: "there is no AWS profile \"none\" in \(folder.file("home"))")
    }

    /// Starts a server with each kind of wrong credentials.
    ///
    /// - Parameters:
    ///   - unknownKey: the code of the service for an access key ID that it does not know.
    ///   - denied: the message for credentials without the right.
    private func expectWrongCredentials(
        _ option: String, _ url: String, of service: String, unknownKey: String, denied: String
    ) async throws {
        try await expectStart(option, url, Self.denied, says: denied)
        try await expectStart(
            option, url, Self.unknown, says: "\(service) does not know the AWS access key ID (\(unknownKey))")
        try await expectStart(
            option, url, Self.wrong,
            says: "the AWS secret access key does not belong to the access key ID (SignatureDoesNotMatch)")
        try await expectStart(
            option, url, Self.expired,
            says: "the session token of the AWS credentials is invalid or has expired (ExpiredToken)")
        try await expectStart(option, url, Self.none, says: Self.places + folder.file("home"))
    }

    @Test func wrongURLOfS3() async throws {
        try await expectStart(
            "--artifacts", s3(aws.url).replacing("style=path", with: "style=host"),
            says: "style must be one of path, virtual")
        try await expectStart("--artifacts", s3("nonsense"), says: "the endpoint must be http://HOST")
        try await expectStart(
            "--artifacts", "s3://Files/p", says: "a bucket's name has 3 to 63 lower-case letters")
        try await expectStart("--artifacts", s3(aws.url) + "&regio=x", says: "unknown option \"regio\"")
        try await expectStart("--artifacts", "s3:files", code: 2, says: "expected s3://BUCKET/PREFIX")
    }

    // MARK: SQS

    private func sqs(_ endpoint: String, _ more: String = "&region=us-east-1") -> String {
        "sqs://?prefix=\(folder.name)&endpoint=\(endpoint)\(more)"
    }

    @Test func wrongHostOfSQS() async throws {
        try await expectStart(
            "--queue", sqs("http://host.invalid"), says: "the host host.invalid of the endpoint is unknown")
        let other = try await TestServer()
        try await expectStart(
            "--queue", sqs(other.address),
            says: "the server at \(other.address) does not answer like SQS (status 400): correct the endpoint"
        )
    }

    /// A broker that is down does not end the start: the server reports it and continues.
    @Test(.over(.sqlite, "the queue is given by the test"))
    func sqsThatRefusesConnectionsIsNamedByTheServer() async throws {
        let process = try LonghaulProcess(
            ["serve", "--listen", "127.0.0.1:0", "--queue", sqs("http://127.0.0.1:1")]
                + Pair.current.storage(folder),
            environment: environment(Self.right), folder: folder.path)
        let address = try await process.address()
        #expect(
            process.errorText.contains("the queue is not available yet: sqs:GetQueueUrl"),
            "\(process.errorText)")
        #expect(process.errorText.contains("cannot connect to 127.0.0.1:1: connection refused"))
        let health = try await longhaul(["health", "--server", address])
        #expect(health.code != 0 && (health.output + health.errors).contains("queue"), "\(health)")
    }

    @Test func wrongQueueOrRegionOfSQS() async throws {
        try await expectStart(
            "--queue", sqs(aws.url, "&region=us-east-1&create=false"),
            says:
                "there is no SQS queue \"\(folder.name)-unreadable\" in the region us-east-1, and create=false forbids"
        )
        try await expectStart(
            "--queue", sqs(aws.url, "&region=eu-west-1"),
            says: "SQS at \(aws.url) does not accept the region eu-west-1: set region to that of the endpoint"
        )
        try await expectStart("--queue", "sqs://", says: "there is no region: add ?region=NAME")
    }

    @Test func wrongCredentialsOfSQS() async throws {
        try await expectWrongCredentials(
            "--queue", sqs(aws.url), of: "SQS", unknownKey: "InvalidClientTokenId",
            denied:
                "sqs:GetQueueUrl on the queue \"\(folder.name)-unreadable\" is not allowed for these AWS credentials"
        )
    }

    @Test func wrongURLOfSQS() async throws {
        try await expectStart("--queue", sqs("nonsense"), says: "the endpoint must be http://HOST")
        try await expectStart("--queue", sqs(aws.url) + "&create=no", says: "create must be true or false")
        try await expectStart("--queue", sqs(aws.url) + "&queue=x", says: "unknown option \"queue\"")
        try await expectStart("--queue", "sqs://queue", says: "expected ? after sqs://")
        try await expectStart("--queue", "sqs:queue", code: 2, says: "expected sqs://?region=NAME")
    }
}
