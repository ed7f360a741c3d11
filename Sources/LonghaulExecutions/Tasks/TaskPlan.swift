import LonghaulCore
import LonghaulEngine
import LonghaulJSON
import LonghaulStates

/// How a task is started.
enum TaskPlan {
    /// A job does the work. If it is only submitted, the task succeeds at once.
    case job(NewJob, isSubmitted: Bool)
    /// The runner sends a request after the commit that records the task.
    case request
    /// The task cannot be started.
    case failed(StateError)
}

/// Decides how tasks are started, and what the ends of their jobs mean.
struct TaskPlanner: Sendable {
    let calls: CallHandler

    /// How a task is started.
    func plan(_ start: TaskStart) -> TaskPlan {
        switch start.resource.kind {
        case .function(let name):
            return function(FunctionCall(name: name, payload: start.parameters), start)
        case .activity(let name):
            var job = self.job(kind: name, start.parameters, start)
            job.spec.tags[ExecutionTag.task] = "\(start.id)"
            return .job(job, isSubmitted: false)
        case .service(let service, let action):
            switch (service, action) {
            case ("lambda", "invoke"): return invocation(start)
            case ("http", "invoke"): return call(.http(start.parameters), start)
            case ("apigateway", "invoke"): return call(.gateway(start.parameters), start)
            case ("longhaul", "job"): return submission(start, isSubmitted: false)
            case ("longhaul:job", "submit"): return submission(start, isSubmitted: true)
            case ("states", "startExecution"), ("aws-sdk:sfn", _): return .request
            default:
                if calls.resources.integration(start.resource) != nil {
                    return call(.service(arn: start.resource.arn, start.parameters), start)
                }
                let cause = "This server cannot run the resource \(start.resource.arn)"
                return .failed(StateError(name: ErrorName.runtime, cause: cause))
            }
        }
    }

    /// A function: the job kind of its name, or a call of the Lambda endpoint.
    private func function(_ call: FunctionCall, _ start: TaskStart) -> TaskPlan {
        guard calls.lambdaEndpoint == nil else { return self.call(.function(call), start) }
        let job = job(kind: FunctionName(call.name).name, call.payload, start)
        return .job(job, isSubmitted: call.isEvent)
    }

    /// A request that a server sends.
    private func call(_ request: TaskCallRequest, _ start: TaskStart) -> TaskPlan {
        .job(calls.job(request, timeoutSeconds: start.limits.timeoutSeconds), isSubmitted: false)
    }

    /// `lambda:invoke`.
    private func invocation(_ start: TaskStart) -> TaskPlan {
        guard let parameters = try? StateValue(start.parameters),
            let function = parameters["FunctionName"]?.string
        else {
            return .failed(StateError(name: ErrorName.runtime, cause: "The Parameters have no FunctionName"))
        }
        let qualifier = parameters["Qualifier"]?.string.map { ":\($0)" } ?? ""
        let given = parameters["Payload"].flatMap { $0.isNull ? nil : $0.json }
        let payload = given ?? JSONText(validated: Array("{}".utf8))
        var call = FunctionCall(name: function + qualifier, payload: payload)
        call.isEvent = parameters["InvocationType"]?.string == "Event"
        call.isInvocation = true
        call.logType = parameters["LogType"]?.string
        return self.function(call, start)
    }

    /// A job of the kind, which a worker attempts once: retries belong to the state.
    private func job(kind: String, _ payload: JSONText, _ start: TaskStart) -> NewJob {
        var spec = JobSpec(kind: kind, payload: payload)
        spec.maxAttempts = 1
        return NewJob(limited(spec, start))
    }

    private func limited(_ spec: JobSpec, _ start: TaskStart) -> JobSpec {
        var spec = spec
        if spec.timeoutSeconds == nil, let seconds = start.limits.timeoutSeconds {
            spec.timeoutSeconds = min(Double(seconds), FieldBounds.timeoutSeconds.upperBound)
        }
        return spec
    }

    /// `longhaul:job`.
    private func submission(_ start: TaskStart, isSubmitted: Bool) -> TaskPlan {
        do throws(LonghaulError) {
            var job = try NewJob.decode(start.parameters.bytes)
            guard job.idempotencyKey == nil, job.unique == nil else {
                throw LonghaulError(
                    .invalidRequest,
                    "idempotency_key and unique cannot be used: each run of the state submits a job")
            }
            let node = try? JSONDocument(lenientlyParsing: start.parameters.bytes).root
            if !isSubmitted, node?["max_attempts"] == nil { job.spec.maxAttempts = 1 }
            job.spec = limited(job.spec, start)
            return .job(job, isSubmitted: isSubmitted)
        } catch {
            return .failed(StateError(submission: error))
        }
    }
}

extension StateError {
    /// The error of a task whose job cannot be submitted: `Longhaul.` and the code, with all faults.
    init(submission error: LonghaulError) {
        // The detail has only the first fault.
        let faults = error.faults.map { "\($0.pointer): \($0.message)" }.joined(separator: "; ")
        let cause = error.faults.count > 1 ? faults : error.detail
        self.init(name: "Longhaul.\(error.code.rawValue)", cause: cause)
    }
}

extension ExecutionRunner {
    /// The submission of the job of a task.
    ///
    /// - Throws: ``LonghaulError`` if the job is not valid.
    func submission(of job: NewJob, _ start: TaskStart, parent: Job) throws -> Submission {
        guard job.spec.kind == CallHandler.kind else { return try engine.submission(of: job, parent: parent) }
        var submission = Submission(id: engine.newIdentifier(), spec: job.spec, caller: parent.caller)
        submission.spec.traceparent = parent.spec.traceparent
        return submission
    }
}

/// The name of a Lambda function: a name, a partial ARN or an ARN, with or without a version or an alias.
struct FunctionName: Sendable, Hashable {
    /// The name.
    let name: String

    init(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        if let index = parts.firstIndex(of: "function"), index + 1 < parts.count {
            name = parts[index + 1]
        } else {
            name = parts[0]
        }
    }
}
