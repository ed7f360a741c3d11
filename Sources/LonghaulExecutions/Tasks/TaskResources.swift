import LonghaulStates

/// The resources of Task states that this server can run.
public enum TaskResources {
    /// Whether a server can run the resource of an ARN.
    public static func isSupported(_ arn: String) -> Bool {
        guard let resource = TaskResource(arn: arn) else { return false }
        switch resource.kind {
        case .function, .activity: return true
        case .service(let service, let action): return supports(service, action, resource.pattern)
        }
    }

    private static func supports(
        _ service: String, _ action: String, _ pattern: TaskResource.Pattern
    ) -> Bool {
        switch (service, action) {
        case ("lambda", "invoke"): pattern == .response || pattern == .taskToken
        case ("http", "invoke"), ("longhaul:job", "submit"): pattern == .response
        case ("longhaul", "job"): pattern != .syncTwo
        case ("states", "startExecution"): true
        case ("aws-sdk:sfn", _): pattern == .response || pattern == .taskToken
        default: false
        }
    }
}
