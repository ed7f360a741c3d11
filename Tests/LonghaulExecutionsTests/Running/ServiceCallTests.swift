import LonghaulCore
import LonghaulExecutions
import LonghaulJSON
import LonghaulStates
import Synchronization
import Testing

/// Tasks that call AWS services.
struct ServiceCallTests {
    private static func definition(_ resource: String, _ parameters: String, _ fields: String = "") -> String
    {
        #"""
        {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::\#(resource)",
          "Parameters": \#(parameters), \#(fields) "End": true}}}
        """#
    }

    private static func test(
        _ services: Set<String>, _ answer: @escaping @Sendable (ServiceCallRequest) throws -> TaskResponse
    ) -> (ExecutionTest, TestCalls) {
        let calls = TestCalls(answer)
        let settings = ExecutionSettings(
            services: services, isResourceSupported: TaskResources(services: services).isSupported)
        return (ExecutionTest(settings, services: calls), calls)
    }

    private static func response(
        _ body: String, _ headers: [(name: String, value: String)] = [], status: Int = 200
    ) -> TaskResponse {
        TaskResponse(status: status, headers: headers, body: Array(body.utf8))
    }

    private static func output(_ test: ExecutionTest, _ arn: String) async throws -> StateValue {
        try StateValue(parsing: try await test.describe(arn)["output"]?.string ?? "null")
    }

    // MARK: Protocols

    @Test func messageBodyOfAQueueMayBeJSON() async throws {
        let (test, calls) = Self.test(["sqs"]) { _ in
            Self.response(#"{"MessageId": "m", "Unknown": 1}"#, [("x-amzn-RequestId", "r")])
        }
        let arn = try await test.run(
            Self.definition(
                "sqs:sendMessage", #"{"QueueUrl": "http://else.where/q", "MessageBody": {"a": 1}}"#))
        let sent = try #require(calls.sent.first)
        #expect(sent.serviceID == "SQS" && sent.signingName == "sqs" && sent.endpoint == "sqs")
        #expect(sent.headers.contains { $0 == ("X-Amz-Target", "AmazonSQS.SendMessage") })
        #expect(sent.headers.contains { $0 == ("Content-Type", "application/x-amz-json-1.0") })
        #expect(
            try StateValue(parsing: sent.body)
                == StateValue(parsing: #"{"QueueUrl": "http://else.where/q", "MessageBody": "{\"a\":1}"}"#))
        let output = try await Self.output(test, arn)
        #expect(output["MessageId"] == .string("m"))
        #expect(output["Unknown"] == nil)
        #expect(output["SdkHttpMetadata"]?["HttpHeaders"]?["x-amzn-RequestId"] == .string("r"))
        #expect(output["SdkResponseMetadata"]?["RequestId"] == .string("r"))
    }

    @Test func queryProtocolWritesFormsAndReadsXML() async throws {
        let (test, calls) = Self.test(["sns"]) { _ in
            Self.response(
                """
                <PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>
                <MessageId>m</MessageId></PublishResult></PublishResponse>
                """)
        }
        let arn = try await test.run(
            Self.definition(
                "aws-sdk:sns:publish",
                #"""
                {"TopicArn": "t", "Message": "a b&c",
                 "MessageAttributes": {"k": {"DataType": "String", "StringValue": "v"}}}
                """#))
        let sent = try #require(calls.sent.first)
        #expect(
            String(decoding: sent.body, as: UTF8.self)
                == "Action=Publish&Version=2010-03-31&Message=a%20b%26c&MessageAttributes.entry.1.Name=k"
                + "&MessageAttributes.entry.1.Value.DataType=String"
                + "&MessageAttributes.entry.1.Value.StringValue=v&TopicArn=t")
        #expect(try await Self.output(test, arn) == StateValue(parsing: #"{"MessageId": "m"}"#))
    }

    @Test func objectsAreReadAndWritten() async throws {
        let (test, calls) = Self.test(["s3"]) { request in
            guard request.operation == "GetObject" else { return Self.response("") }
            return Self.response(
                "text", [("Content-Length", "4"), ("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT")])
        }
        let put = try await test.start(
            try await test.create(
                "put",
                Self.definition(
                    "aws-sdk:s3:putObject",
                    #"{"Bucket": "b", "Key": "a/ü", "Body": {"x": 1}, "Metadata": {"k": "v"}, "ContentType": "t"}"#
                )))
        let get = try await test.start(
            try await test.create(
                "get",
                Self.definition("aws-sdk:s3:getObject", #"{"Bucket": "b", "Key": "k", "PartNumber": 2}"#)))
        try await test.run()
        #expect(try await test.describe(put)["status"] == .string("SUCCEEDED"))
        let written = try #require(calls.sent.first { $0.operation == "PutObject" })
        #expect(written.method == "PUT" && written.path == "/b/a/ü")
        #expect(written.body == Array(#"{"x":1}"#.utf8))
        #expect(written.headers.contains { $0 == ("x-amz-meta-k", "v") })
        #expect(written.headers.contains { $0 == ("Content-Type", "t") })
        let read = try #require(calls.sent.first { $0.operation == "GetObject" })
        #expect(read.method == "GET" && read.path == "/b/k")
        #expect(read.query.contains { $0 == ("partNumber", "2") })
        let output = try await Self.output(test, get)
        #expect(output["Body"] == .string("text"))
        #expect(output["ContentLength"] == .integer(4))
        #expect(output["LastModified"] == .string("1994-11-06T08:49:37Z"))
    }

    @Test func XMLOfARequestIsEscapedAndHasAChecksum() async throws {
        let (test, calls) = Self.test(["s3"]) { _ in Self.response("<DeleteResult/>") }
        _ = try await test.run(
            Self.definition(
                "aws-sdk:s3:deleteObjects",
                #"{"Bucket": "b", "Delete": {"Objects": [{"Key": "<&>"}], "Quiet": true}}"#
            ))
        let sent = try #require(calls.sent.first)
        #expect(
            String(decoding: sent.body, as: UTF8.self)
                == #"<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>&lt;&amp;&gt;</Key></Object>"#
                + "<Quiet>true</Quiet></Delete>")
        #expect(sent.query.contains { $0 == ("delete", "") })
        #expect(sent.headers.contains { $0.name == "X-Amz-Checksum-Sha256" })
    }

    @Test func listInXMLIsFlattened() async throws {
        let (test, _) = Self.test(["s3"]) { _ in
            Self.response(
                """
                <ListBucketResult><KeyCount>2</KeyCount><IsTruncated>false</IsTruncated>
                <Contents><Key>a</Key><Size>1</Size><LastModified>2024-01-02T03:04:05.000Z</LastModified></Contents>
                <Contents><Key>b</Key><Size>2</Size></Contents></ListBucketResult>
                """)
        }
        let arn = try await test.run(Self.definition("aws-sdk:s3:listObjectsV2", #"{"Bucket": "b"}"#))
        #expect(
            try await Self.output(test, arn)
                == StateValue(
                    parsing: #"""
                        {"KeyCount": 2, "IsTruncated": false, "Contents": [
                          {"Key": "a", "Size": 1, "LastModified": "2024-01-02T03:04:05Z"}, {"Key": "b", "Size": 2}]}
                        """#))
    }

    @Test func timesAreTextsAndTokensAreAdded() async throws {
        let (test, calls) = Self.test(["secretsmanager"]) { request in
            request.operation == "CreateSecret"
                ? Self.response(#"{"Name": "n"}"#)
                : Self.response(#"{"CreatedDate": 1.5, "Tags": []}"#)
        }
        _ = try await test.run(Self.definition("aws-sdk:secretsmanager:createSecret", #"{"Name": "n"}"#))
        let token = try StateValue(parsing: try #require(calls.sent.first).body)["ClientRequestToken"]?.string
        #expect((token?.count ?? 0) >= 32)
        let arn = try await test.run(
            Self.definition("aws-sdk:secretsmanager:describeSecret", #"{"SecretId": "n"}"#), name: "describe")
        #expect(
            try await Self.output(test, arn)
                == StateValue(parsing: #"{"CreatedDate": "1970-01-01T00:00:01.500Z", "Tags": []}"#))
    }

    // MARK: Errors

    @Test(arguments: [
        ("dynamodb:getItem", "ResourceNotFoundException", "DynamoDB.ResourceNotFoundException"),
        ("dynamodb:getItem", "ValidationException", "DynamoDB.AmazonDynamoDBException"),
        ("aws-sdk:dynamodb:getItem", "ResourceNotFoundException", "DynamoDb.ResourceNotFoundException"),
        ("aws-sdk:dynamodb:getItem", "ValidationException", "DynamoDb.DynamoDbException"),
    ])
    func errorsHaveTheNamesOfTheSDKs(resource: String, code: String, name: String) async throws {
        let (test, _) = Self.test(["dynamodb"]) { _ in
            Self.response(
                #"{"__type": "com.amazonaws.dynamodb#\#(code)", "message": "no"}"#,
                [("x-amzn-RequestId", "r")], status: 400)
        }
        let arn = try await test.run(
            Self.definition(resource, #"{"TableName": "t", "Key": {"k": {"S": "v"}}}"#))
        let execution = try await test.describe(arn)
        #expect(execution["error"] == .string(name))
        #expect(
            execution["cause"]
                == .string(
                    resource.hasPrefix("aws-sdk")
                        ? "no (Service: DynamoDb, Status Code: 400, Request ID: r)"
                        : "no (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: \(code); Request ID: r; Proxy: null)"
                ))
    }

    @Test func errorsInXMLAreRead() async throws {
        let (test, _) = Self.test(["s3", "sns"]) { request in
            request.serviceID == "S3"
                ? Self.response(
                    "<Error><Code>NoSuchBucket</Code><Message>none</Message><RequestId>r</RequestId></Error>",
                    [("x-amz-id-2", "e")], status: 404)
                : Self.response(
                    """
                    <ErrorResponse><Error><Code>NotFound</Code><Message>none</Message></Error>
                    <RequestId>r</RequestId></ErrorResponse>
                    """, status: 404)
        }
        let bucket = try await test.run(Self.definition("aws-sdk:s3:listObjects", #"{"Bucket": "b"}"#))
        #expect(try await test.describe(bucket)["error"] == .string("S3.NoSuchBucketException"))
        #expect(
            try await test.describe(bucket)["cause"]
                == .string("none (Service: S3, Status Code: 404, Request ID: r, Extended Request ID: e)"))
        let topic = try await test.run(
            Self.definition("sns:publish", #"{"TopicArn": "t", "Message": "m"}"#), name: "topic")
        #expect(try await test.describe(topic)["error"] == .string("SNS.NotFoundException"))
        #expect(
            try await test.describe(topic)["cause"]
                == .string(
                    "none (Service: AmazonSNS; Status Code: 404; Error Code: NotFound; Request ID: r; Proxy: null)"
                ))
    }

    @Test func refusedEventFailsTheTask() async throws {
        let body = #"{"Entries":[{"ErrorCode":"MalformedDetail","ErrorMessage":"no"}],"FailedEntryCount":1}"#
        let (test, calls) = Self.test(["events"]) { _ in Self.response(body) }
        let arn = try await test.run(
            Self.definition("events:putEvents", #"{"Entries": [{"Detail": {"a": 1}, "Source": "s"}]}"#))
        #expect(try await test.describe(arn)["error"] == .string("EventBridge.FailedEntry"))
        #expect(try await test.describe(arn)["cause"] == .string(body))
        let sent = try StateValue(parsing: try #require(calls.sent.first).body)
        #expect(sent["Entries"]?.array?.first?["Detail"] == .string(#"{"a":1}"#))
    }

    @Test func requiredMemberThatIsNullIsRefused() async throws {
        let (test, calls) = Self.test(["dynamodb"]) { _ in Self.response("{}") }
        let arn = try await test.run(
            Self.definition("aws-sdk:dynamodb:putItem", #"{"TableName": "t", "Item": null}"#))
        #expect(try await test.describe(arn)["error"] == .string("DynamoDb.DynamoDbException"))
        #expect(
            try await test.describe(arn)["cause"]?.string?.hasPrefix(
                "1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be null"
            ) == true)
        #expect(calls.sent.isEmpty)
    }

    @Test(arguments: [
        (#"{"TableName": "t"}"#, "The field 'Item' is required but was missing"),
        (#"{"TableName": "t", "Item": 1}"#, "The value of the field 'Item' has an invalid format"),
        (#"{"TableName": "t", "Item": {}, "X": 1}"#, "The field 'X' is not supported by Step Functions"),
    ])
    func parametersAreChecked(parameters: String, problem: String) async throws {
        let (test, _) = Self.test(["dynamodb"]) { _ in Self.response("{}") }
        let arn = try await test.run(Self.definition("dynamodb:putItem", parameters))
        #expect(try await test.describe(arn)["error"] == .string("States.Runtime"))
        #expect(try await test.describe(arn)["cause"]?.string?.contains("[\(problem)]") == true)
    }

    @Test func serviceThatDoesNotAnswerIsAnErrorOfTheClient() async throws {
        let (test, _) = Self.test(["sqs"]) { _ in throw TaskRequestError("no route") }
        let parameters = #"{"QueueUrl": "q", "MessageBody": "m"}"#
        let arn = try await test.run(Self.definition("sqs:sendMessage", parameters))
        #expect(try await test.describe(arn)["error"] == .string("SQS.SdkClientException"))
        let sdk = try await test.run(Self.definition("aws-sdk:sqs:sendMessage", parameters), name: "sdk")
        #expect(try await test.describe(sdk)["error"] == .string("Sqs.SdkClientException"))
    }

    // MARK: Limits

    @Test func timeLimitOfTheStateEndsTheCall() async throws {
        let (test, calls) = Self.test(["kms"]) { _ in throw TaskRequestError("too late", isTimeout: true) }
        let arn = try await test.run(
            Self.definition("aws-sdk:kms:listKeys", "{}", #""TimeoutSeconds": 7,"#))
        #expect(try await test.describe(arn)["error"] == .string("States.Timeout"))
        #expect(calls.sent.first?.timeoutSeconds == 7)
    }

    @Test func largeAnswerExceedsTheDataLimit() async throws {
        let (test, _) = Self.test(["s3"]) { _ in Self.response(String(repeating: "x", count: 300_000)) }
        let arn = try await test.run(Self.definition("aws-sdk:s3:getObject", #"{"Bucket": "b", "Key": "k"}"#))
        #expect(try await test.describe(arn)["error"] == .string("States.DataLimitExceeded"))
    }

    @Test func serviceThatIsNotAllowedIsRefused() async throws {
        let (test, calls) = Self.test(["sqs"]) { _ in Self.response("{}") }
        for resource in ["sns:publish", "aws-sdk:s3:listBuckets", "sqs:deleteQueue", "aws-sdk:sqs:nothing"] {
            await #expect(throws: ServiceError.self) {
                try await test.create("m", Self.definition(resource, "{}"))
            }
        }
        #expect(calls.sent.isEmpty)
    }

    @Test func definitionOfAServerThatAllowsMoreFails() async throws {
        let calls = TestCalls { _ in Self.response("{}") }
        let test = ExecutionTest(services: calls)
        let arn = try await test.run(Self.definition("aws-sdk:s3:listBuckets", "{}"))
        #expect(try await test.describe(arn)["error"] == .string("States.Runtime"))
        #expect(calls.sent.isEmpty)
    }

    // MARK: Task tokens

    @Test func callerEndsTheTaskWithTheTokenInTheMessage() async throws {
        let (test, calls) = Self.test(["sqs"]) { _ in Self.response(#"{"MessageId": "m"}"#) }
        let arn = try await test.run(
            Self.definition(
                "sqs:sendMessage.waitForTaskToken",
                #"{"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}}"#))
        let body = try StateValue(parsing: try #require(calls.sent.first).body)
        let message = try StateValue(parsing: body["MessageBody"]?.string ?? "")
        #expect(try await test.describe(arn)["status"] == .string("RUNNING"))
        try await test.call(
            "SendTaskSuccess",
            [("taskToken", message["token"] ?? .null), ("output", .string(#"{"done":true}"#))])
        try await test.run()
        #expect(try await test.describe(arn)["output"] == .string(#"{"done":true}"#))
    }
}

/// Answers calls of services.
final class TestCalls: ServiceCalls {
    private let requests = Mutex<[ServiceCallRequest]>([])
    private let answer: @Sendable (ServiceCallRequest) throws -> TaskResponse

    init(_ answer: @escaping @Sendable (ServiceCallRequest) throws -> TaskResponse) {
        self.answer = answer
    }

    /// The requests so far.
    var sent: [ServiceCallRequest] { requests.withLock { $0 } }

    func send(_ request: ServiceCallRequest) async throws -> TaskResponse {
        requests.withLock { $0.append(request) }
        return try answer(request)
    }
}
