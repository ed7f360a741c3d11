internal import LonghaulStates

extension StepFunctions {
    /// Operations of tags.
    static let tagOperations: [String: Operation] = [
        "TagResource": tagResource,
        "UntagResource": untagResource,
        "ListTagsForResource": listTags,
    ]

    private func tagResource(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let arn = try input.requiredText("resourceArn")
        let maxCount = settings.limits.tags
        try await changeTags(arn) { (tags) throws(ServiceError) in
            try tags.add(input["tags"], maxCount: maxCount, of: arn)
        }
        return StateObject()
    }

    private func untagResource(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        try await changeTags(try input.requiredText("resourceArn")) { (tags) throws(ServiceError) in
            tags.remove(input["tagKeys"])
        }
        return StateObject()
    }

    private func listTags(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let arn = try input.requiredText("resourceArn")
        let tags: Tags
        switch try names.name(arn) {
        case .machine(let name):
            guard let record = try await read(MachineRecord.key(name)) else { throw .noResource(arn) }
            tags = try MachineRecord(record).tags
        case .activity(let name):
            guard let record = try await read(ActivityRecord.key(name)) else { throw .noResource(arn) }
            tags = try ActivityRecord(record).tags
        default: throw names.wrongType(arn)
        }
        return StateObject([("tags", tags.list)])
    }

    private func changeTags(
        _ arn: String, _ change: (inout Tags) throws(ServiceError) -> Void
    ) async throws(ServiceError) {
        let name = try names.name(arn)
        for _ in 0..<StepFunctions.maxConflicts {
            switch name {
            case .machine(let name):
                guard let record = try await read(MachineRecord.key(name)) else { throw .noResource(arn) }
                var machine = try MachineRecord(record)
                try change(&machine.tags)
                if try await write(machine.writes) { return }
            case .activity(let name):
                guard let record = try await read(ActivityRecord.key(name)) else { throw .noResource(arn) }
                var activity = try ActivityRecord(record)
                try change(&activity.tags)
                if try await write(activity.writes) { return }
            default: throw names.wrongType(arn)
            }
        }
        throw .concurrent(arn)
    }
}
