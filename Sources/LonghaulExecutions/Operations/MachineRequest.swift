internal import LonghaulStates

/// The input of `CreateStateMachine`.
struct MachineRequest: Sendable {
    let name: String
    let definition: String
    let roleARN: String
    let type: MachineType
    let configuration: MachineConfiguration
    let tags: Tags
    /// The description of the first version; nil if none is published.
    let publication: String?

    init(_ input: OperationInput, maxTags: Int) throws(ServiceError) {
        name = try input.requiredText("name")
        try NameRule.check(name)
        definition = try input.requiredText("definition")
        roleARN = try input.requiredText("roleArn")
        let typeName = input.text("type") ?? MachineType.standard.rawValue
        guard let type = MachineType(rawValue: typeName) else {
            throw ServiceError(
                "StateMachineTypeNotSupported",
                "State machine type is not supported: '\(typeName.prefix(100))'")
        }
        self.type = type
        configuration = try MachineConfiguration().changed(by: input)
        var tags = Tags()
        try tags.add(input["tags"], maxCount: maxTags)
        self.tags = tags
        publication = try MachineRequest.publication(input)
    }

    /// The description of the version to publish; nil if none is published.
    static func publication(_ input: OperationInput) throws(ServiceError) -> String? {
        let description = input.text("versionDescription")
        guard input.isTrue("publish") else {
            guard description == nil else {
                throw .invalid("Version description can only be set when publish is true")
            }
            return nil
        }
        return description ?? ""
    }
}
