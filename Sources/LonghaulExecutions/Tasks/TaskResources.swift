import LonghaulStates

/// The resources of Task states that a server can run.
public struct TaskResources: Sendable {
    /// The names of the AWS services that tasks may call.
    private let services: Set<String>

    /// The resources of a server.
    ///
    /// - Parameter services: the names of the AWS services that its operator allows.
    public init(services: Set<String>) {
        self.services = services
    }

    /// The resources that servers can have.
    public static let all = TaskResources(services: Set(serviceNames))

    /// The names of the AWS services that an operator can allow, in order.
    public static let serviceNames = ServiceCatalog.sdkNames.keys.sorted()

    /// Whether a server can run the resource of an ARN.
    public func isSupported(_ arn: String) -> Bool {
        guard let resource = TaskResource(arn: arn) else { return false }
        switch resource.kind {
        case .function, .activity: return true
        case .service(let service, let action): return supports(service, action, resource)
        }
    }

    private func supports(_ service: String, _ action: String, _ resource: TaskResource) -> Bool {
        let pattern = resource.pattern
        switch (service, action) {
        case ("lambda", "invoke"): return pattern == .response || pattern == .taskToken
        case ("http", "invoke"), ("longhaul:job", "submit"): return pattern == .response
        case ("apigateway", "invoke"): return pattern == .response || pattern == .taskToken
        case ("longhaul", "job"): return pattern != .syncTwo
        case ("states", "startExecution"): return true
        case ("aws-sdk:sfn", _):
            return StepFunctions.operations[SDKNames.capitalized(action)] != nil
                && (pattern == .response || pattern == .taskToken)
        default: return integration(resource)?.supports(pattern) == true
        }
    }

    /// The operation of a resource, if the operator allows its service.
    func integration(_ resource: TaskResource) -> ServiceIntegration? {
        guard !services.isEmpty, let integration = ServiceIntegration(resource),
            services.contains(integration.service)
        else { return nil }
        return integration
    }
}
