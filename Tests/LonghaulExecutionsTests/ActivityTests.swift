import LonghaulExecutions
import LonghaulStates
import LonghaulTestSupport
import Testing

/// Activities, and tags of activities and machines.
struct ActivityTests {
    let service = Service()

    private func tags(_ tags: [(String, String)]) -> (String, StateValue) {
        (
            "tags",
            .array(tags.map { .members([("key", .string($0.0)), ("value", .string($0.1))]) })
        )
    }

    private func listed(_ arn: String) async throws -> [String: String] {
        let output = try await service.call("ListTagsForResource", [("resourceArn", .string(arn))])
        let pairs = zip(output.texts("tags", "key"), output.texts("tags", "value"))
        return Dictionary(pairs.map { ($0, $1) }, uniquingKeysWith: { first, _ in first })
    }

    @Test func activityIsCreatedOnce() async throws {
        let first = try await service.call(
            "CreateActivity", [("name", .string("stamp")), tags([("a", "1")])])
        let arn = first.text("activityArn")
        #expect(arn == Service.prefix + "activity:stamp")
        service.time.advance(seconds: 1)
        #expect(try await service.call("CreateActivity", [("name", .string("stamp"))]) == first)
        let activity = try await service.call("DescribeActivity", [("activityArn", .string(arn))])
        let expected = StateObject([
            ("activityArn", .string(arn)), ("name", .string("stamp")),
            ("creationDate", .number(.decimal(1_764_000_000))),
        ])
        #expect(activity == expected)
        #expect(try await listed(arn) == ["a": "1"])
        let error = await service.error(
            "CreateActivity",
            [
                ("name", .string("stamp")),
                ("encryptionConfiguration", .members([("type", .string("AWS_OWNED_KEY"))])),
            ])
        #expect(error?.type == "ActivityAlreadyExists")
    }

    @Test func deletedActivityIsGone() async throws {
        let arn = try await service.call("CreateActivity", [("name", .string("stamp"))]).text("activityArn")
        for _ in 0..<2 { try await service.call("DeleteActivity", [("activityArn", .string(arn))]) }
        let error = await service.error("DescribeActivity", [("activityArn", .string(arn))])
        #expect(error == ServiceError("ActivityDoesNotExist", "Activity Does Not Exist: '\(arn)'"))
    }

    @Test(arguments: ["DescribeActivity", "DeleteActivity"])
    func arnOfSomethingElseIsRefused(operation: String) async throws {
        let arn = try await service.create("orders")
        for text in [
            arn, "stamp", Service.prefix + "activity:a:b", "arn:aws:lambda:us-east-1:000000000000:activity:a",
        ] {
            #expect(await service.error(operation, [("activityArn", .string(text))])?.type == "InvalidArn")
        }
        let long = Service.prefix + "activity:" + String(repeating: "🙂", count: 300)
        let error = await service.error(operation, [("activityArn", .string(long))])
        #expect(error?.type == (operation == "DescribeActivity" ? "ActivityDoesNotExist" : nil))
    }

    @Test func numberOfActivitiesIsLimited() async throws {
        let service = Service(Service.settings { $0.activities = 1 })
        for _ in 0..<2 { try await service.call("CreateActivity", [("name", .string("a"))]) }
        #expect(
            await service.error("CreateActivity", [("name", .string("b"))])?.type == "ActivityLimitExceeded")
        try await service.call("DeleteActivity", [("activityArn", .string(Service.prefix + "activity:a"))])
        try await service.call("CreateActivity", [("name", .string("b"))])
    }

    // MARK: - Tags

    @Test func tagsAreAddedChangedAndRemoved() async throws {
        let machine = try await service.create("orders", [tags([("team", "one")])])
        let activity = try await service.call("CreateActivity", [("name", .string("a"))]).text("activityArn")
        for arn in [machine, activity] {
            let resource = ("resourceArn", StateValue.string(arn))
            try await service.call(
                "TagResource", [resource, tags([("team", "two"), ("cost center", "a=b+c@d")])])
            #expect(try await listed(arn) == ["team": "two", "cost center": "a=b+c@d"])
            let keys = StateValue.array([.string("team"), .string("none")])
            try await service.call("UntagResource", [resource, ("tagKeys", keys)])
            #expect(try await listed(arn) == ["cost center": "a=b+c@d"])
        }
        #expect(try await service.describe(machine)["revisionId"] == nil)
    }

    @Test(arguments: [
        ("", "v"), (String(repeating: "k", count: 129), "v"), ("k", String(repeating: "v", count: 257)),
        ("a\u{0}", "v"), ("a<b", "v"), ("k", "v\"w"), ("aws:k", "v"), ("AWS:k", "v"), ("k\u{7}", "v"),
    ])
    func invalidTagIsRefused(key: String, value: String) async throws {
        let arn = try await service.create("orders")
        let error = await service.error("TagResource", [("resourceArn", .string(arn)), tags([(key, value)])])
        #expect(error?.type == "ValidationException")
        let create = await service.error("CreateActivity", [("name", .string("a")), tags([(key, value)])])
        #expect(create?.type == "ValidationException")
        #expect(try await listed(arn).isEmpty)
    }

    @Test func numberOfTagsIsLimited() async throws {
        let arn = try await service.create("orders", [tags((1...50).map { ("k\($0)", "") })])
        let resource = ("resourceArn", StateValue.string(arn))
        try await service.call("TagResource", [resource, tags([("k1", "v")])])
        let error = await service.error("TagResource", [resource, tags([("k51", "v")])])
        #expect(error?.type == "TooManyTags")
        #expect(error?.details["resourceName"] == .string(arn))
        #expect(try await listed(arn).count == 50)
        let create = await service.error(
            "CreateActivity", [("name", .string("a")), tags((1...51).map { ("k\($0)", "") })])
        #expect(create?.type == "TooManyTags")
    }

    @Test(arguments: ["TagResource", "UntagResource", "ListTagsForResource"])
    func tagsNeedAResource(operation: String) async throws {
        let version = try await service.create("orders", [("publish", .bool(true))]) + ":1"
        for (arn, type) in [
            (Service.prefix + "stateMachine:none", "ResourceNotFound"),
            (Service.prefix + "activity:none", "ResourceNotFound"), (version, "InvalidArn"),
            ("x", "InvalidArn"),
        ] {
            #expect(await service.error(operation, [("resourceArn", .string(arn))])?.type == type)
        }
    }
}
