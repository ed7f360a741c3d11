import LonghaulCore
import LonghaulExecutions
import LonghaulJSON
import LonghaulStates
import Testing

/// Tasks that call AWS services.
struct ServiceCallTests {
    // MARK: Protocols

    @Test func messageBodyOfAQueueMayBeJSON() async throws {
        let (test, calls) = ServiceCallSupport.test(["sqs"]) { _ in
            ServiceCallSupport.response(#"{"MessageId": "m", "Unknown": 1}"#, [("x-amzn-RequestId", "r")])
        }
        let arn = try await test.run(
            ServiceCallSupport.definition(
                "sqs:sendMessage", #"{"QueueUrl": "http://else.where/q", "MessageBody": {"a": 1}}"#))
        let sent = try #require(calls.sent.first)
        #expect(sent.serviceID == "SQS" && sent.signingName == "sqs" && sent.endpoint == "sqs")
        #expect(sent.headers.contains { $0 == ("X-Amz-Target", "AmazonSQS.SendMessage") })
        #expect(sent.headers.contains { $0 == ("Content-Type", "application/x-amz-json-1.0") })
        #expect(
            try StateValue(parsing: sent.body)
                == StateValue(parsing: #"{"QueueUrl": "http://else.where/q", "MessageBody": "{\"a\":1}"}"#))
        let output = try await ServiceCallSupport.output(test, arn)
        #expect(output["MessageId"] == .string("m"))
        #expect(output["Unknown"] == nil)
        #expect(output["SdkHttpMetadata"]?["HttpHeaders"]?["x-amzn-RequestId"] == .string("r"))
        #expect(output["SdkResponseMetadata"]?["RequestId"] == .string("r"))
    }

    @Test func queryProtocolWritesFormsAndReadsXML() async throws {
        let (test, calls) = ServiceCallSupport.test(["sns"]) { _ in
            ServiceCallSupport.response(
                """
                <PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>
                <MessageId>m</MessageId></PublishResult></PublishResponse>
                """)
        }
        let arn = try await test.run(
            ServiceCallSupport.definition(
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
        #expect(try await ServiceCallSupport.output(test, arn) == StateValue(parsing: #"{"MessageId": "m"}"#))
    }

    @Test func objectsAreReadAndWritten() async throws {
        let (test, calls) = ServiceCallSupport.test(["s3"]) { request in
            guard request.operation == "GetObject" else { return ServiceCallSupport.response("") }
            return ServiceCallSupport.response(
                "text", [("Content-Length", "4"), ("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT")])
        }
        let put = try await test.start(
            try await test.create(
                "put",
                ServiceCallSupport.definition(
                    "aws-sdk:s3:putObject",
                    #"{"Bucket": "b", "Key": "a/ü", "Body": {"x": 1}, "Metadata": {"k": "v"}, "ContentType": "t"}"#
                )))
        let get = try await test.start(
            try await test.create(
                "get",
                ServiceCallSupport.definition(
                    "aws-sdk:s3:getObject", #"{"Bucket": "{Key+}", "Key": "k", "PartNumber": 2}"#)
            ))
        try await test.run()
        #expect(try await test.describe(put)["status"] == .string("SUCCEEDED"))
        let written = try #require(calls.sent.first { $0.operation == "PutObject" })
        #expect(written.method == "PUT" && written.path == "/b/a/ü")
        #expect(written.body == Array(#"{"x":1}"#.utf8))
        #expect(written.headers.contains { $0 == ("x-amz-meta-k", "v") })
        #expect(written.headers.contains { $0 == ("Content-Type", "t") })
        let read = try #require(calls.sent.first { $0.operation == "GetObject" })
        #expect(read.method == "GET" && read.path == "/{Key+}/k")
        #expect(read.query.contains { $0 == ("partNumber", "2") })
        let output = try await ServiceCallSupport.output(test, get)
        #expect(output["Body"] == .string("text"))
        #expect(output["ContentLength"] == .integer(4))
        #expect(output["LastModified"] == .string("1994-11-06T08:49:37Z"))
    }

    @Test func XMLOfARequestIsEscapedAndHasAChecksum() async throws {
        let (test, calls) = ServiceCallSupport.test(["s3"]) { _ in
            ServiceCallSupport.response("<DeleteResult/>")
        }
        _ = try await test.run(
            ServiceCallSupport.definition(
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
        let (test, _) = ServiceCallSupport.test(["s3"]) { _ in
            ServiceCallSupport.response(
                """
                <ListBucketResult><KeyCount>2</KeyCount><IsTruncated>false</IsTruncated>
                <Contents><Key>a</Key><Size>1</Size><LastModified>2024-01-02T03:04:05.000Z</LastModified></Contents>
                <Contents><Key>b</Key><Size>2</Size></Contents></ListBucketResult>
                """)
        }
        let arn = try await test.run(
            ServiceCallSupport.definition("aws-sdk:s3:listObjectsV2", #"{"Bucket": "b"}"#))
        #expect(
            try await ServiceCallSupport.output(test, arn)
                == StateValue(
                    parsing: #"""
                        {"KeyCount": 2, "IsTruncated": false, "Contents": [
                          {"Key": "a", "Size": 1, "LastModified": "2024-01-02T03:04:05Z"}, {"Key": "b", "Size": 2}]}
                        """#))
    }

    @Test func timesAreTextsAndTokensAreAdded() async throws {
        let (test, calls) = ServiceCallSupport.test(["secretsmanager"]) { request in
            request.operation == "CreateSecret"
                ? ServiceCallSupport.response(#"{"Name": "n"}"#)
                : ServiceCallSupport.response(#"{"CreatedDate": 1.5, "Tags": []}"#)
        }
        _ = try await test.run(
            ServiceCallSupport.definition("aws-sdk:secretsmanager:createSecret", #"{"Name": "n"}"#))
        let token = try StateValue(parsing: try #require(calls.sent.first).body)["ClientRequestToken"]?.string
        #expect((token?.count ?? 0) >= 32)
        let arn = try await test.run(
            ServiceCallSupport.definition("aws-sdk:secretsmanager:describeSecret", #"{"SecretId": "n"}"#),
            name: "describe")
        #expect(
            try await ServiceCallSupport.output(test, arn)
                == StateValue(parsing: #"{"CreatedDate": "1970-01-01T00:00:01.500Z", "Tags": []}"#))
    }

    // MARK: Task tokens

    @Test func callerEndsTheTaskWithTheTokenInTheMessage() async throws {
        let (test, calls) = ServiceCallSupport.test(["sqs"]) { _ in
            ServiceCallSupport.response(#"{"MessageId": "m"}"#)
        }
        let arn = try await test.run(
            ServiceCallSupport.definition(
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
