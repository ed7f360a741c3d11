internal import LonghaulCore
internal import LonghaulEngine
internal import LonghaulJSON
internal import LonghaulStates

extension StepFunctions {
    /// The operation that lists executions.
    static let listOperations: [String: Operation] = ["ListExecutions": listExecutions]

    private func listExecutions(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let list = try await executionList(input)
        let token = PageToken("ListExecutions", of: list.scope)
        let cursor = try input.text("nextToken").map { text throws(ServiceError) in
            guard let cursor = JobCursor(try token.place(in: text)) else { throw .invalidToken }
            return cursor
        }
        let limit = StepFunctions.pageLimit(input)
        let page = try await executions(list, after: cursor, limit: limit) { item($0, $1) }
        var output = StateObject([("executions", .array(page.executions))])
        output["nextToken"] = page.next.map { .string(token.text(after: $0.description)) }
        return output
    }

    /// Executions of a list, the newest one first. A page that has read many others ends early.
    ///
    /// - Parameter show: makes the item of an execution. The inputs of a whole page would take much memory.
    func executions<Item>(
        _ list: ExecutionList, after cursor: JobCursor?, limit: Int,
        show: (FoundExecution, Redrives) -> Item
    ) async throws(ServiceError) -> (executions: [Item], next: JobCursor?) {
        let host = try requiredHost()
        var cursor = cursor
        var items: [Item] = []
        var left = settings.executions.readsPerPage
        if list.isEmpty { return ([], nil) }
        repeat {
            let page: JobPage
            do {
                page = try await host.engine.jobs(
                    list.filter, after: cursor, limit: min(limit - items.count, left),
                    reading: JobReading(maxBytes: 4 << 20))
            } catch {
                throw ServiceError(error)
            }
            left -= page.jobs.count
            for job in page.jobs {
                let found = FoundExecution(
                    job: job, payload: try storedPayload(job), isMapRunRedriven: list.isMapRunRedriven)
                guard list.includes(found) else { continue }
                let redrives = try await redrives(found)
                if list.includes(redrives: redrives.count) { items.append(show(found, redrives)) }
            }
            cursor = page.next
        } while cursor != nil && items.count < limit && left > 0
        return (items, cursor)
    }

    private func executionList(_ input: OperationInput) async throws(ServiceError) -> ExecutionList {
        var list = ExecutionList(status: input.text("statusFilter"), redrive: input.text("redriveFilter"))
        switch (input.text("stateMachineArn"), input.text("mapRunArn")) {
        case (let arn?, nil):
            let name = try machineName(arn)
            let machine = try await machine(name, arn: arn)
            guard machine.type == .standard else { throw .wrongMachineType }
            list.filter.tags[ExecutionTag.machine] = machine.name
            list.machineID = machine.id
            if name != .machine(machine.name) { list.qualifiedARN = names.arn(name) }
        case (nil, let arn?):
            let run = try await mapRun(arn)
            list.filter.parentID = run.jobID
            list.filter.tags[ExecutionTag.mapRun] = run.run.key
            list.isMapRunRedriven = run.run.mustRedrive
        default:
            throw .invalid("Either the stateMachineArn or the mapRunArn must be specified, and not both")
        }
        return list
    }

    private func item(_ found: FoundExecution, _ redrives: Redrives) -> StateValue {
        var item = StateObject([
            ("executionArn", .string(found.payload.arn)),
            ("stateMachineArn", .string(found.payload.machineARN)), ("name", .string(found.payload.name)),
            ("status", .string(found.statusName)), ("startDate", .timestamp(found.payload.startedAt)),
        ])
        item["stopDate"] = found.stoppedAt.map { .timestamp($0) }
        if let child = found.payload.child {
            item["mapRunArn"] = .string(child.mapRunARN)
            item["itemCount"] = .integer(child.items)
        }
        item["stateMachineVersionArn"] = found.payload.versionARN.map { .string($0) }
        item["stateMachineAliasArn"] = found.payload.aliasARN.map { .string($0) }
        item["redriveCount"] = .integer(redrives.count)
        item["redriveDate"] = redrives.time.map { .timestamp($0) }
        return .object(item)
    }
}

/// The executions that a caller asks for.
struct ExecutionList {
    var filter = JobFilter()
    /// The machine; nil for the executions of a map run, or of all machines. Others may have had the same name before.
    var machineID: String?
    /// The version or the alias, if the caller has named one.
    var qualifiedARN: String?
    /// Whether the list is that of a map run that has not redriven its children yet.
    var isMapRunRedriven = false
    private let status: String?
    private let redrive: String?

    /// - Parameters:
    ///   - status: AWS's name of a status; nil for all.
    ///   - redrive: `REDRIVEN` or `NOT_REDRIVEN`; nil for all.
    init(status: String?, redrive: String? = nil) {
        self.status = status
        self.redrive = redrive
        filter.kind = JobSpec.executionKind
        filter.states =
            switch status {
            case "SUCCEEDED": [.completed]
            case "FAILED", "TIMED_OUT": [.failed]
            case "ABORTED": [.cancelled]
            case FoundExecution.pendingRedrive: [.failed, .cancelled]
            case "RUNNING": JobState.allCases.filter { !$0.isFinal }
            default: []
            }
    }

    /// What distinguishes the list from others.
    var scope: String {
        let tags = filter.tags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return (tags + [qualifiedARN ?? "", status ?? "", redrive ?? ""]).joined(separator: " ")
    }

    /// Whether the list is empty, because no execution of it waits for its redrive.
    var isEmpty: Bool { status == FoundExecution.pendingRedrive && !isMapRunRedriven }

    /// Whether an execution that the store has found is in the list, whatever its redrives.
    func includes(_ found: FoundExecution) -> Bool {
        if let machineID, found.payload.revision.machineID != machineID { return false }
        if let qualifiedARN, found.payload.versionARN != qualifiedARN, found.payload.aliasARN != qualifiedARN
        {
            return false
        }
        return status.map { found.statusName == $0 } ?? true
    }

    /// Whether an execution with this number of redrives is in the list.
    func includes(redrives count: Int) -> Bool {
        switch redrive {
        case "REDRIVEN": count > 0
        case "NOT_REDRIVEN": count == 0
        default: true
        }
    }
}
