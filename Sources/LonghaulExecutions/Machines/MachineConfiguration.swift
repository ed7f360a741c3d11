public import LonghaulStates

/// The configuration of logging, tracing and encryption of a state machine, as `DescribeStateMachine` shows it.
///
/// The server accepts and returns it. It does not encrypt data with keys of KMS.
public struct MachineConfiguration: Sendable, Hashable {
    /// `loggingConfiguration`.
    public private(set) var logging: StateValue
    /// `tracingConfiguration`.
    public private(set) var tracing: StateValue
    /// `encryptionConfiguration`; nil if the caller has sent none.
    public private(set) var encryption: StateValue?

    /// The configuration of a machine for which the caller has sent none.
    init() {
        logging = .members([("level", .string("OFF")), ("includeExecutionData", .bool(false))])
        tracing = .members([("enabled", .bool(false))])
    }

    /// The level of logging: `ALL`, `ERROR`, `FATAL` or `OFF`.
    public var logLevel: String { logging["level"]?.string ?? "OFF" }
    /// Whether logs show inputs and outputs.
    public var logsExecutionData: Bool { logging["includeExecutionData"]?.bool == true }
    /// Whether executions are traced.
    public var isTraced: Bool { tracing["enabled"]?.bool == true }

    init(stored: StateValue) {
        self.init()
        logging = stored["logging"] ?? logging
        tracing = stored["tracing"] ?? tracing
        encryption = stored["encryption"]
    }

    func store(in object: inout StateObject) {
        object["logging"] = logging
        object["tracing"] = tracing
        object["encryption"] = encryption
    }

    /// The members of an output.
    func describe(in object: inout StateObject) {
        object["loggingConfiguration"] = logging
        object["tracingConfiguration"] = tracing
        object["encryptionConfiguration"] = encryption
    }
}

extension MachineConfiguration {
    /// Whether a call has a configuration.
    static func isPart(of input: OperationInput) -> Bool {
        ["loggingConfiguration", "tracingConfiguration", "encryptionConfiguration"].contains {
            input[$0] != nil
        }
    }

    /// The configuration with what a call has of it.
    ///
    /// - Throws: `InvalidLoggingConfiguration`, `InvalidTracingConfiguration`, `InvalidEncryptionConfiguration`.
    func changed(by input: OperationInput) throws(ServiceError) -> MachineConfiguration {
        var result = self
        if let logging = input["loggingConfiguration"] {
            result.logging = try MachineConfiguration.checkedLogging(logging)
        }
        if let tracing = input["tracingConfiguration"] {
            guard let isEnabled = tracing["enabled"]?.bool else {
                throw ServiceError(
                    "InvalidTracingConfiguration",
                    "Invalid Tracing Configuration: 'enabled' must be true or false.")
            }
            result.tracing = .members([("enabled", .bool(isEnabled))])
        }
        if let encryption = input["encryptionConfiguration"] {
            result.encryption = try MachineConfiguration.checkedEncryption(encryption)
        }
        return result
    }

    private static func checkedLogging(_ logging: StateValue) throws(ServiceError) -> StateValue {
        let level = logging["level"]?.string ?? "OFF"
        let destinations = logging["destinations"]?.array ?? []
        guard ["ALL", "ERROR", "FATAL", "OFF"].contains(level) else {
            throw invalidLogging("The level must be ALL, ERROR, FATAL or OFF.")
        }
        guard destinations.count == 1 || level == "OFF" && destinations.isEmpty else {
            throw invalidLogging("Must specify exactly one Log Destination.")
        }
        for destination in destinations {
            let arn = destination["cloudWatchLogsLogGroup"]?["logGroupArn"]?.string ?? ""
            let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 8, parts[0] == "arn", parts[2] == "logs", parts[5] == "log-group",
                parts[7] == "*"
            else { throw invalidLogging("Log Destination not found.") }
        }
        var result = StateObject([
            ("level", .string(level)),
            ("includeExecutionData", .bool(logging["includeExecutionData"]?.bool == true)),
        ])
        if !destinations.isEmpty { result["destinations"] = .array(destinations) }
        return .object(result)
    }

    private static func invalidLogging(_ message: String) -> ServiceError {
        ServiceError("InvalidLoggingConfiguration", "Invalid Logging Configuration: \(message)")
    }

    /// The configuration of a machine or an activity.
    static func checkedEncryption(_ encryption: StateValue) throws(ServiceError) -> StateValue {
        let key = encryption["kmsKeyId"]?.string
        let seconds = encryption["kmsDataKeyReusePeriodSeconds"]?.number?.int64
        switch encryption["type"]?.string {
        case "AWS_OWNED_KEY":
            guard key == nil, seconds == nil else {
                throw invalidEncryption("A key and its reuse period need the type CUSTOMER_MANAGED_KMS_KEY.")
            }
        case "CUSTOMER_MANAGED_KMS_KEY":
            guard key != nil else { throw invalidEncryption("kmsKeyId must be set.") }
            guard seconds.map({ (60...900).contains($0) }) ?? true else {
                throw invalidEncryption("kmsDataKeyReusePeriodSeconds must be between 60 and 900.")
            }
        default:
            throw invalidEncryption("The type must be AWS_OWNED_KEY or CUSTOMER_MANAGED_KMS_KEY.")
        }
        var result = StateObject()
        result["kmsKeyId"] = key.map { .string($0) }
        result["kmsDataKeyReusePeriodSeconds"] = seconds.map { .number(.integer($0)) }
        result["type"] = encryption["type"]
        return .object(result)
    }

    private static func invalidEncryption(_ message: String) -> ServiceError {
        ServiceError("InvalidEncryptionConfiguration", "Invalid Encryption Configuration: \(message)")
    }
}
