import LonghaulCore
import LonghaulJSON
import LonghaulStates

/// A call of an operation of an AWS service for a task.
struct ServiceCall: Sendable {
    let integration: ServiceIntegration
    let parameters: StateValue
    /// A text that is the same each time the call is repeated.
    let token: String

    private var model: ServiceModel { integration.model }

    /// Calls the operation.
    ///
    /// - Throws: ``CallFailure``, ``TaskRequestError``; `CancellationError`.
    func perform(_ calls: any ServiceCalls, timeoutSeconds: Double?) async throws -> CallResult {
        guard let operation = model.operations[integration.operation] else {
            throw CallFailure(ErrorName.runtime, "There is no operation \(integration.operation)")
        }
        try refuseNulls(operation)
        try refuseLabels(operation)
        var request = ServiceRequestWriter(integration, operation, token: token).request(parameters)
        request.timeoutSeconds = timeoutSeconds
        let response = try await calls.send(request)
        guard (200...299).contains(response.status) else {
            throw integration.failure(ServiceFault(response, model))
        }
        var output = ServiceAnswerReader(model, operation).output(response)
        if integration.isFailedEntry(output) {
            throw CallFailure(
                "\(integration.errorPrefix).FailedEntry", StateValue.object(output).json.description)
        }
        if case .optimized(let optimized) = integration.style, optimized.hasMetadata {
            output.add(metadata: response)
        }
        return CallResult(bounded: StateValue.object(output).json)
    }

    /// Refuses a part of a path that is empty, or that would change the path.
    private func refuseLabels(_ operation: ServiceModel.Operation) throws {
        guard let input = operation.input, case .structure(let structure)? = model.shape(input) else {
            return
        }
        for (name, value) in (parameters.object ?? StateObject()).members {
            guard let member = structure.member(name), member.location == .uri else { continue }
            let text = ServiceRequestWriter.text(value)
            let isWhole = operation.uri.contains("{\(member.wireName)+}")
            guard text.isEmpty || (!isWhole && text.contains("/")) else { continue }
            throw CallFailure(ErrorName.runtime, TaskParameters.invalid(name))
        }
    }

    /// Refuses a required member that is null, as services do.
    private func refuseNulls(_ operation: ServiceModel.Operation) throws {
        guard let input = operation.input, case .structure(let structure)? = model.shape(input) else {
            return
        }
        let given = parameters.object ?? StateObject()
        let missing = structure.required.filter { name in
            !given.members.contains {
                SDKNames.capitalized($0.0) == SDKNames.capitalized(name) && !$0.1.isNull
            }
        }
        guard !missing.isEmpty else { return }
        let problems = missing.map { name in
            "Value null at '\(name.prefix(1).lowercased() + name.dropFirst())' failed to satisfy constraint: "
                + "Member must not be null"
        }
        let count = missing.count == 1 ? "1 validation error" : "\(missing.count) validation errors"
        throw integration.failure(
            ServiceFault(
                code: "ValidationException",
                message: "\(count) detected: \(problems.joined(separator: "; "))", status: 400,
                requestID: token))
    }
}

extension ServiceIntegration {
    /// Whether an answer reports that an event was refused, which `events:putEvents` makes an error.
    fileprivate func isFailedEntry(_ output: StateObject) -> Bool {
        guard case .optimized = style, operation == "PutEvents" else { return false }
        return (output["FailedEntryCount"]?.number?.double ?? 0) > 0
    }

    /// The error of a task whose call the service has refused.
    fileprivate func failure(_ fault: ServiceFault) -> CallFailure {
        let shape = model.errors[fault.code].map { $0.hasSuffix("Exception") ? $0 : $0 + "Exception" }
        switch style {
        case .sdk:
            let prefix = errorPrefix
            let extended =
                model.id == "S3" ? ", Extended Request ID: \(fault.extendedRequestID ?? "null")" : ""
            return CallFailure(
                "\(prefix).\(shape ?? prefix + "Exception")",
                "\(fault.message) (Service: \(prefix), Status Code: \(fault.status), "
                    + "Request ID: \(fault.requestID)\(extended))")
        case .optimized(let optimized):
            return CallFailure(
                "\(errorPrefix).\(shape ?? optimized.otherError)",
                "\(fault.message) (Service: \(optimized.label); Status Code: \(fault.status); "
                    + "Error Code: \(fault.code); Request ID: \(fault.requestID); Proxy: null)")
        }
    }
}

extension StateObject {
    /// Adds the header fields of the answer, as the integrations of services have them.
    mutating func add(metadata response: TaskResponse) {
        var all = StateObject()
        var last = StateObject()
        for (name, value) in response.headers {
            all[name] = .array((all[name]?.array ?? []) + [.string(value)])
            last[name] = .string(value)
        }
        self["SdkHttpMetadata"] = .members([
            ("AllHttpHeaders", .object(all)), ("HttpHeaders", .object(last)),
            ("HttpStatusCode", .integer(response.status)),
        ])
        self["SdkResponseMetadata"] = .members([("RequestId", .string(response.requestID ?? ""))])
    }
}

extension TaskResponse {
    /// The ID that the service gave the request.
    var requestID: String? { header("x-amzn-RequestId") ?? header("x-amz-request-id") }
}
