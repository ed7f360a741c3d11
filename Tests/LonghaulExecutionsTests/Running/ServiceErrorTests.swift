import LonghaulCore
import LonghaulExecutions
import LonghaulJSON
import LonghaulStates
import Testing

/// Errors and limits of calls of AWS services.
struct ServiceErrorTests {
    // MARK: Errors

    @Test(arguments: [
        ("dynamodb:getItem", "ResourceNotFoundException", "DynamoDB.ResourceNotFoundException"),
        ("dynamodb:getItem", "ValidationException", "DynamoDB.AmazonDynamoDBException"),
        ("aws-sdk:dynamodb:getItem", "ResourceNotFoundException", "DynamoDb.ResourceNotFoundException"),
        ("aws-sdk:dynamodb:getItem", "ValidationException", "DynamoDb.DynamoDbException"),
    ])
    func errorsHaveTheNamesOfTheSDKs(resource: String, code: String, name: String) async throws {
        let (test, _) = ServiceCallSupport.test(["dynamodb"]) { _ in
            ServiceCallSupport.response(
                #"{"__type": "com.amazonaws.dynamodb#\#(code)", "message": "no"}"#,
                [("x-amzn-RequestId", "r")], status: 400)
        }
        let arn = try await test.run(
            ServiceCallSupport.definition(resource, #"{"TableName": "t", "Key": {"k": {"S": "v"}}}"#))
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
        let (test, _) = ServiceCallSupport.test(["s3", "sns"]) { request in
            request.serviceID == "S3"
                ? ServiceCallSupport.response(
                    "<Error><Code>NoSuchBucket</Code><Message>none</Message><RequestId>r</RequestId></Error>",
                    [("x-amz-id-2", "e")], status: 404)
                : ServiceCallSupport.response(
                    """
                    <ErrorResponse><Error><Code>NotFound</Code><Message>none</Message></Error>
                    <RequestId>r</RequestId></ErrorResponse>
                    """, status: 404)
        }
        let bucket = try await test.run(
            ServiceCallSupport.definition("aws-sdk:s3:listObjects", #"{"Bucket": "b"}"#))
        #expect(try await test.describe(bucket)["error"] == .string("S3.NoSuchBucketException"))
        #expect(
            try await test.describe(bucket)["cause"]
                == .string("none (Service: S3, Status Code: 404, Request ID: r, Extended Request ID: e)"))
        let topic = try await test.run(
            ServiceCallSupport.definition("sns:publish", #"{"TopicArn": "t", "Message": "m"}"#), name: "topic"
        )
        #expect(try await test.describe(topic)["error"] == .string("SNS.NotFoundException"))
        #expect(
            try await test.describe(topic)["cause"]
                == .string(
                    "none (Service: AmazonSNS; Status Code: 404; Error Code: NotFound; Request ID: r; Proxy: null)"
                ))
    }

    @Test func refusedEventFailsTheTask() async throws {
        let body = #"{"Entries":[{"ErrorCode":"MalformedDetail","ErrorMessage":"no"}],"FailedEntryCount":1}"#
        let (test, calls) = ServiceCallSupport.test(["events"]) { _ in ServiceCallSupport.response(body) }
        let arn = try await test.run(
            ServiceCallSupport.definition(
                "events:putEvents", #"{"Entries": [{"Detail": {"a": 1}, "Source": "s"}]}"#))
        #expect(try await test.describe(arn)["error"] == .string("EventBridge.FailedEntry"))
        #expect(try await test.describe(arn)["cause"] == .string(body))
        let sent = try StateValue(parsing: try #require(calls.sent.first).body)
        #expect(sent["Entries"]?.array?.first?["Detail"] == .string(#"{"a":1}"#))
    }

    @Test func requiredMemberThatIsNullIsRefused() async throws {
        let (test, calls) = ServiceCallSupport.test(["dynamodb"]) { _ in ServiceCallSupport.response("{}") }
        let arn = try await test.run(
            ServiceCallSupport.definition("aws-sdk:dynamodb:putItem", #"{"TableName": "t", "Item": null}"#))
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
        let (test, _) = ServiceCallSupport.test(["dynamodb"]) { _ in ServiceCallSupport.response("{}") }
        let arn = try await test.run(ServiceCallSupport.definition("dynamodb:putItem", parameters))
        #expect(try await test.describe(arn)["error"] == .string("States.Runtime"))
        #expect(try await test.describe(arn)["cause"]?.string?.contains("[\(problem)]") == true)
    }

    @Test(arguments: ["", "a/b", "../c"])
    func partOfAPathCannotChangeThePath(bucket: String) async throws {
        let (test, calls) = ServiceCallSupport.test(["s3"]) { _ in ServiceCallSupport.response("") }
        let arn = try await test.run(
            ServiceCallSupport.definition(
                "aws-sdk:s3:getObject", #"{"Bucket": "\#(bucket)", "Key": "k/../l"}"#))
        #expect(try await test.describe(arn)["error"] == .string("States.Runtime"))
        #expect(
            try await test.describe(arn)["cause"]
                == .string("The value of the field 'Bucket' has an invalid format"))
        #expect(calls.sent.isEmpty)
    }

    @Test func serviceThatDoesNotAnswerIsAnErrorOfTheClient() async throws {
        let (test, _) = ServiceCallSupport.test(["sqs"]) { _ in throw TaskRequestError("no route") }
        let parameters = #"{"QueueUrl": "q", "MessageBody": "m"}"#
        let arn = try await test.run(ServiceCallSupport.definition("sqs:sendMessage", parameters))
        #expect(try await test.describe(arn)["error"] == .string("SQS.SdkClientException"))
        let sdk = try await test.run(
            ServiceCallSupport.definition("aws-sdk:sqs:sendMessage", parameters), name: "sdk")
        #expect(try await test.describe(sdk)["error"] == .string("Sqs.SdkClientException"))
    }

    // MARK: Limits

    @Test func timeLimitOfTheStateEndsTheCall() async throws {
        let (test, calls) = ServiceCallSupport.test(["kms"]) { _ in
            throw TaskRequestError("too late", isTimeout: true)
        }
        let arn = try await test.run(
            ServiceCallSupport.definition("aws-sdk:kms:listKeys", "{}", #""TimeoutSeconds": 7,"#))
        #expect(try await test.describe(arn)["error"] == .string("States.Timeout"))
        #expect(calls.sent.first?.timeoutSeconds == 7)
    }

    @Test func largeAnswerExceedsTheDataLimit() async throws {
        let (test, _) = ServiceCallSupport.test(["s3"]) { _ in
            ServiceCallSupport.response(String(repeating: "x", count: 300_000))
        }
        let arn = try await test.run(
            ServiceCallSupport.definition("aws-sdk:s3:getObject", #"{"Bucket": "b", "Key": "k"}"#))
        #expect(try await test.describe(arn)["error"] == .string("States.DataLimitExceeded"))
    }

    @Test func serviceThatIsNotAllowedIsRefused() async throws {
        let (test, calls) = ServiceCallSupport.test(["sqs"]) { _ in ServiceCallSupport.response("{}") }
        for resource in ["sns:publish", "aws-sdk:s3:listBuckets", "sqs:deleteQueue", "aws-sdk:sqs:nothing"] {
            await #expect(throws: ServiceError.self) {
                try await test.create("m", ServiceCallSupport.definition(resource, "{}"))
            }
        }
        #expect(calls.sent.isEmpty)
    }

    @Test(arguments: TaskResources.serviceNames)
    func everyServiceHasAModel(name: String) {
        let operations = [
            "dynamodb": "dynamodb:query", "events": "eventbridge:putRule", "kms": "kms:encrypt",
            "lambda": "lambda:invoke", "s3": "s3:copyObject",
            "secretsmanager": "secretsmanager:getSecretValue",
            "sns": "sns:createTopic", "sqs": "sqs:receiveMessage",
        ]
        let resource = "arn:aws:states:::aws-sdk:" + (operations[name] ?? "")
        #expect(TaskResources(services: [name]).isSupported(resource))
        #expect(TaskResources.all.isSupported(resource + ".waitForTaskToken"))
        #expect(!TaskResources.all.isSupported(resource + ".sync"))
        #expect(!TaskResources(services: []).isSupported(resource))
    }

    @Test func operationsOfStepFunctionsMustExist() {
        let resources = TaskResources(services: [])
        #expect(resources.isSupported("arn:aws:states:::aws-sdk:sfn:listStateMachines"))
        #expect(resources.isSupported("arn:aws:states:::aws-sdk:sfn:startExecution.waitForTaskToken"))
        #expect(!resources.isSupported("arn:aws:states:::aws-sdk:sfn:listMachines"))
        #expect(!resources.isSupported("arn:aws:states:::aws-sdk:sfn:"))
    }

    @Test func definitionOfAServerThatAllowsMoreFails() async throws {
        let calls = TestCalls { _ in ServiceCallSupport.response("{}") }
        let test = ExecutionTest(services: calls)
        let arn = try await test.run(ServiceCallSupport.definition("aws-sdk:s3:listBuckets", "{}"))
        #expect(try await test.describe(arn)["error"] == .string("States.Runtime"))
        #expect(calls.sent.isEmpty)
    }
}
