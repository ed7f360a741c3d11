import LonghaulStates

/// An operation of an AWS service as a task names it: `dynamodb:putItem`, or `aws-sdk:dynamodb:putItem`.
struct ServiceIntegration: Sendable {
    /// The name of the service: `events`.
    let service: String
    let model: ServiceModel
    /// The name of the operation: `PutItem`.
    let operation: String
    let style: Style

    /// How outputs and errors are written.
    enum Style: Sendable, Hashable {
        /// The integrations of the AWS SDK: any operation.
        case sdk
        /// An integration of its own, for some operations of a service.
        case optimized(Optimized)
    }

    /// What an integration of its own has of its own.
    struct Optimized: Sendable, Hashable {
        let actions: Set<String>
        /// The first part of the names of errors.
        let errorPrefix: String
        /// The name of the service in the causes of errors.
        let label: String
        /// The name of errors that the model of the service does not have.
        let otherError: String
        /// Whether outputs have the header fields of the answer.
        var hasMetadata = true
        /// Whether a caller may end the task with its token.
        var hasTaskToken = true
    }

    private static let optimized: [String: Optimized] = [
        "dynamodb": Optimized(
            actions: ["getItem", "putItem", "updateItem", "deleteItem"], errorPrefix: "DynamoDB",
            label: "AmazonDynamoDBv2", otherError: "AmazonDynamoDBException", hasTaskToken: false),
        "events": Optimized(
            actions: ["putEvents"], errorPrefix: "EventBridge", label: "AmazonEventBridge",
            otherError: "AmazonEventBridgeException", hasMetadata: false),
        "sns": Optimized(
            actions: ["publish"], errorPrefix: "SNS", label: "AmazonSNS", otherError: "AmazonSNSException"),
        "sqs": Optimized(
            actions: ["sendMessage"], errorPrefix: "SQS", label: "AmazonSQS",
            otherError: "AmazonSQSException"),
    ]

    /// The operation of a resource; nil if the server has no model of it.
    init?(_ resource: TaskResource) {
        guard case .service(let name, let action) = resource.kind else { return nil }
        let prefix = "aws-sdk:"
        if name.hasPrefix(prefix) {
            guard let service = ServiceCatalog.name(sdk: String(name.dropFirst(prefix.count))) else {
                return nil
            }
            self.service = service
            style = .sdk
        } else {
            guard let optimized = ServiceIntegration.optimized[name], optimized.actions.contains(action)
            else {
                return nil
            }
            service = name
            style = .optimized(optimized)
        }
        guard let model = ServiceCatalog.shared[service], model.operation(action) != nil else { return nil }
        self.model = model
        operation = SDKNames.capitalized(action)
    }

    /// Whether a task may end in this way.
    func supports(_ pattern: TaskResource.Pattern) -> Bool {
        switch (pattern, style) {
        case (.response, _), (.taskToken, .sdk): true
        case (.taskToken, .optimized(let optimized)): optimized.hasTaskToken
        default: false
        }
    }

    /// The first part of the names of errors.
    var errorPrefix: String {
        switch style {
        case .sdk: ServiceIntegration.className(of: model.id)
        case .optimized(let optimized): optimized.errorPrefix
        }
    }

    /// The name of a service in the AWS SDK for Java: `DynamoDb` for `DynamoDB`.
    static func className(of id: String) -> String {
        id.split(separator: " ").map { word in
            var name = ""
            var isUpper = false
            for character in word {
                name += isUpper ? character.lowercased() : String(character)
                isUpper = character.isUppercase
            }
            return name.prefix(1).uppercased() + name.dropFirst()
        }.joined()
    }
}
