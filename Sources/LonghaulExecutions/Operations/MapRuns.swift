internal import LonghaulCore
internal import LonghaulJSON
internal import LonghaulStates

/// A map run that callers ask about.
struct FoundMapRun: Sendable {
    let jobID: JobID
    let run: OpenMapRun
}

extension StepFunctions {
    /// Operations of map runs.
    static let mapRunOperations: [String: Operation] = [
        "DescribeMapRun": describeMapRun,
        "ListMapRuns": listMapRuns,
        "UpdateMapRun": updateMapRun,
    ]

    /// The map run of an ARN.
    ///
    /// - Throws: `ResourceNotFound`, `InvalidArn`.
    func mapRun(_ arn: String) async throws(ServiceError) -> FoundMapRun {
        guard case .mapRun(let machine, let label, let id) = try names.name(arn) else {
            throw names.wrongType(arn)
        }
        guard let link = try await read(RecordKey(.mapRun, "\(machine)/\(label):\(id)")),
            let job = JobID(try RecordReader(link).text("job")),
            let part = try await read(RecordKey(.part, of: job, PartName.mapRun(id)))
        else { throw .noResource(arn) }
        return FoundMapRun(jobID: job, run: try StepFunctions.run(part))
    }

    static func run(_ record: KeyedRecord) throws(ServiceError) -> OpenMapRun {
        do {
            return try OpenMapRun(StoredPart(record.key.name, record.value))
        } catch {
            throw RecordReader.damaged(record.key)
        }
    }

    private func describeMapRun(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let arn = try input.requiredText("mapRunArn")
        let found = try await mapRun(arn)
        guard let job = try await job(found.jobID) else { throw .noResource(arn) }
        let run = found.run
        var output = StateObject([
            ("mapRunArn", .string(run.arn)), ("executionArn", .string(try storedPayload(job).arn)),
            ("status", .string(run.status.rawValue)),
            ("startDate", .timestamp(Timestamp(milliseconds: run.startTime))),
        ])
        output["stopDate"] = run.endTime.map { .timestamp(Timestamp(milliseconds: $0)) }
        output["maxConcurrency"] = .integer(run.maxConcurrency)
        output["toleratedFailurePercentage"] = .number(.decimal(run.toleratedPercentage))
        output["toleratedFailureCount"] = .integer(run.toleratedCount)
        let known = run.runningItems + run.itemOutcomes.total + run.pendingRedriveItems
        output["itemCounts"] = run.itemOutcomes.output(
            pending: max(0, run.items - known), running: run.runningItems, written: run.resultsWritten,
            pendingRedrive: run.pendingRedriveItems)
        output["executionCounts"] = run.childOutcomes.output(
            pending: 0, running: run.runningChildren, written: run.resultsWritten,
            pendingRedrive: run.pendingRedrives)
        output["redriveCount"] = .integer(run.redriveCount)
        output["redriveDate"] = run.redriveTime.map { .timestamp(Timestamp(milliseconds: $0)) }
        return output
    }

    private func listMapRuns(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let arn = try input.requiredText("executionArn")
        let found = try await execution(arn)
        var range = RecordRange(.part, of: found.job.id, limit: 0)
        range.prefix = PartName.mapRun("")
        let page = try await page(range, PageToken("ListMapRuns", of: arn), input)
        var items: [StateValue] = []
        for record in page.records {
            let run = try StepFunctions.run(record)
            var item = StateObject([
                ("executionArn", .string(found.payload.arn)), ("mapRunArn", .string(run.arn)),
                (
                    "stateMachineArn",
                    .string(names.arn(.map(machine: found.payload.machine, label: run.label)))
                ),
                ("startDate", .timestamp(Timestamp(milliseconds: run.startTime))),
            ])
            item["stopDate"] = run.endTime.map { .timestamp(Timestamp(milliseconds: $0)) }
            items.append(.object(item))
        }
        return page.output("mapRuns", items)
    }

    private func updateMapRun(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let arn = try input.requiredText("mapRunArn")
        let found = try await mapRun(arn)
        guard found.run.status == .running else {
            throw .invalid("The map run has ended with the status \(found.run.status.rawValue)")
        }
        let update = MapRunUpdate(
            maxConcurrency: input.integer("maxConcurrency"),
            toleratedCount: input.integer("toleratedFailureCount"),
            toleratedPercentage: input["toleratedFailurePercentage"]?.number?.double)
        guard update != MapRunUpdate() else {
            throw .invalid("At least one of the settings of the map run must be specified")
        }
        do {
            try await store.report(.task(MapRunUpdate.name(found.run.key), update.text), to: found.jobID)
        } catch {
            throw ServiceError(error)
        }
        return StateObject()
    }
}

extension OpenMapRun.OutcomeCounts {
    fileprivate func output(pending: Int, running: Int, written: Int, pendingRedrive: Int) -> StateValue {
        .members([
            ("pending", .integer(pending)), ("running", .integer(running)),
            ("succeeded", .integer(succeeded)), ("failed", .integer(failed)),
            ("timedOut", .integer(timedOut)), ("aborted", .integer(aborted)),
            ("total", .integer(pending + running + total + pendingRedrive)),
            ("resultsWritten", .integer(written)), ("failuresNotRedrivable", .integer(0)),
            ("pendingRedrive", .integer(pendingRedrive)),
        ])
    }
}
