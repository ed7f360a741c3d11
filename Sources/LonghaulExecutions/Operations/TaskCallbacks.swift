internal import LonghaulCore
internal import LonghaulEngine
internal import LonghaulJSON
internal import LonghaulStates

extension StepFunctions {
    /// Operations with which workers report on tasks.
    static let callbackOperations: [String: Operation] = [
        "SendTaskSuccess": sendTaskSuccess,
        "SendTaskFailure": sendTaskFailure,
        "SendTaskHeartbeat": sendTaskHeartbeat,
        "GetActivityTask": activityTask,
    ]

    private func sendTaskSuccess(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let token = try StepFunctions.token(input)
        let bytes = Array(try input.requiredText("output").utf8)
        do {
            _ = try JSONText(parsing: bytes, maxDepth: StateValue.maxDepth)
        } catch {
            throw ServiceError("InvalidOutput", "Invalid Output: '\(error.message)'")
        }
        return try await report(.succeeded(output: JSONText(validated: bytes)), token, isFinal: true)
    }

    private func sendTaskFailure(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let error = StateError(name: input.text("error"), cause: input.text("cause"))
        return try await report(.failed(error), try StepFunctions.token(input), isFinal: true)
    }

    private func sendTaskHeartbeat(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        try await report(.heartbeat, try StepFunctions.token(input), isFinal: false)
    }

    private static func token(_ input: OperationInput) throws(ServiceError) -> TaskToken {
        guard let token = TaskToken(try input.requiredText("taskToken")) else { throw .invalidToken }
        return token
    }

    private func report(
        _ report: CallerReport, _ token: TaskToken, isFinal: Bool
    ) async throws(ServiceError) -> StateObject {
        let call = TaskCall(
            jobID: token.jobID, task: "\(token.task)", secret: token.secret, value: report.text,
            isFinal: isFinal)
        do {
            try await store.report(call)
            return StateObject()
        } catch let error as LonghaulError where error.code == .conflict {
            if try await read(RecordKey(.task, of: token.jobID, "\(token.task)")) != nil {
                throw ServiceError(ServiceError.throttling, error.detail)
            }
            throw ServiceError(
                "TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
        } catch let error as LonghaulError where error.code == .notFound {
            throw ServiceError("TaskDoesNotExist", "Task does not exist")
        } catch {
            throw ServiceError(error)
        }
    }

    // MARK: - Activities

    /// How long a caller waits for a task, in seconds.
    private static let activityWaitSeconds = 60.0
    private static let deliverySeconds = 30.0

    private func activityTask(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let arn = try input.requiredText("activityArn")
        guard case .activity(let name) = try names.name(arn) else { throw names.wrongType(arn) }
        guard try await read(ActivityRecord.key(name)) != nil else { throw .noActivity(arn) }
        let worker = input.text("workerName")
        do {
            return try await delivery(of: name, to: worker, try requiredHost())
        } catch {
            throw ServiceError(error)
        }
    }

    /// Waits for a job of the activity, and hands its task to the caller. The job ends with the delivery.
    private func delivery(
        of activity: String, to worker: String?, _ host: ExecutionHost
    ) async throws -> StateObject {
        let deadline = time.now().adding(seconds: StepFunctions.activityWaitSeconds)
        let info = WorkerInfo(id: "activity-\(random.identifier())", name: worker)
        let queue = try host.engine.queue(ofKind: activity)
        while true {
            let seconds = max(0, deadline.seconds(since: time.now()))
            let request = LeaseRequest(
                worker: info, queues: [queue], kinds: [activity], maxJobs: 1,
                leaseSeconds: StepFunctions.deliverySeconds, waitSeconds: seconds)
            guard let lease = try await host.engine.lease(request).first else {
                return StateObject()
            }
            let token = try await token(of: lease.job)
            let result = token.map { ActivityDelivery(to: worker).result($0) } ?? .null
            let outcomes = try await host.engine.complete([Completion(token: lease.token, result: result)])
            if let token, case .success? = outcomes.first {
                _ = try? await host.engine.deregister(info.id)
                return StateObject([
                    ("taskToken", .string(token.text)),
                    ("input", .string(lease.job.spec.payload.description)),
                ])
            }
        }
    }

    /// The token of the task of a job; nil if the task is over.
    private func token(of job: Job) async throws -> TaskToken? {
        guard let parent = job.parentID, let task = job.spec.tags[ExecutionTag.task].flatMap({ Int($0) }),
            let record = try await read(RecordKey(.task, of: parent, "\(task)"))
        else { return nil }
        return TaskToken(jobID: parent, task: task, secret: try RecordReader(record).text("secret"))
    }
}
