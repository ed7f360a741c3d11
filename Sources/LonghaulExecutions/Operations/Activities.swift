internal import LonghaulCore
internal import LonghaulStates

extension StepFunctions {
    /// Operations of activities, except those of their tasks.
    static let activityOperations: [String: Operation] = [
        "CreateActivity": createActivity,
        "DeleteActivity": deleteActivity,
        "DescribeActivity": describeActivity,
        "ListActivities": listActivities,
    ]

    private func createActivity(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let name = try input.requiredText("name")
        try NameRule.check(name)
        var tags = Tags()
        try tags.add(input["tags"], maxCount: settings.limits.tags)
        var encryption: StateValue?
        if let value = input["encryptionConfiguration"] {
            encryption = try MachineConfiguration.checkedEncryption(value)
        }
        let activity = ActivityRecord(
            name: name, id: random.identifier(), createdAt: time.now(), encryption: encryption, tags: tags)
        for _ in 0..<StepFunctions.maxConflicts {
            if let record = try await read(ActivityRecord.key(name)) {
                let existing = try ActivityRecord(record)
                guard existing.encryption == encryption else {
                    throw ServiceError(
                        "ActivityAlreadyExists",
                        "Activity Already Exists: '\(names.arn(.activity(name)))'. "
                            + "EncryptionConfiguration may not be updated.")
                }
                return created(existing)
            }
            guard try await hasRoom(.activity, settings.limits.activities) else {
                throw ServiceError(
                    "ActivityLimitExceeded", "There are already \(settings.limits.activities) activities")
            }
            if try await write(activity.writes) {
                counts.add(1, of: .activity)
                return created(activity)
            }
        }
        throw .concurrent(names.arn(.activity(name)))
    }

    private func created(_ activity: ActivityRecord) -> StateObject {
        StateObject([
            ("activityArn", .string(names.arn(.activity(activity.name)))),
            ("creationDate", .timestamp(activity.createdAt)),
        ])
    }

    private func deleteActivity(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let arn = try input.requiredText("activityArn")
        let key = ActivityRecord.key(try activityName(arn))
        for _ in 0..<StepFunctions.maxConflicts {
            guard let record = try await read(key) else { return StateObject() }
            guard try await write(try ActivityRecord(record).deletion) else { continue }
            counts.add(-1, of: .activity)
            return StateObject()
        }
        throw .concurrent(arn)
    }

    private func describeActivity(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let arn = try input.requiredText("activityArn")
        guard let record = try await read(ActivityRecord.key(try activityName(arn))) else {
            throw .noActivity(arn)
        }
        let activity = try ActivityRecord(record)
        var output = StateObject([
            ("activityArn", .string(arn)), ("name", .string(activity.name)),
            ("creationDate", .timestamp(activity.createdAt)),
        ])
        output["encryptionConfiguration"] = activity.encryption
        return output
    }

    private func listActivities(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let page = try await page(RecordRange(.activity, limit: 0), PageToken("ListActivities"), input)
        var items: [StateValue] = []
        for record in page.records {
            let activity = try ActivityRecord(record)
            items.append(
                .members([
                    ("activityArn", .string(names.arn(.activity(activity.name)))),
                    ("name", .string(activity.name)), ("creationDate", .timestamp(activity.createdAt)),
                ]))
        }
        return page.output("activities", items)
    }

    /// The name in the ARN of an activity.
    ///
    /// - Throws: `InvalidArn`.
    func activityName(_ arn: String) throws(ServiceError) -> String {
        guard case .activity(let name) = try names.name(arn) else { throw names.wrongType(arn) }
        return name
    }
}
