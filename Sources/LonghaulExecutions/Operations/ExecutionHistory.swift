internal import LonghaulCore
internal import LonghaulJSON
internal import LonghaulStates

extension StepFunctions {
    /// The operation that reads histories.
    static let historyOperations: [String: Operation] = ["GetExecutionHistory": executionHistory]

    private func executionHistory(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let arn = try input.requiredText("executionArn")
        let found = try await execution(arn)
        var range = RecordRange(.event, of: found.job.id, limit: 0)
        range.isDescending = input.isTrue("reverseOrder")
        let token = PageToken("GetExecutionHistory", of: "\(arn) \(range.isDescending)")
        let page = try await page(range, token, input)
        let includesData = input["includeExecutionData"]?.bool ?? true
        var events: [StateValue] = []
        for record in page.records { events.append(try StepFunctions.event(record, includesData)) }
        return page.output("events", events)
    }

    private static func event(_ record: KeyedRecord, _ includesData: Bool) throws(ServiceError) -> StateValue
    {
        do {
            let document = try JSONDocument(lenientlyParsing: record.value.bytes)
            guard !includesData else { return StateValue(document.root) }
            guard let event = HistoryEvent(document.root) else { throw RecordReader.damaged(record.key) }
            var writer = JSONWriter()
            event.write(to: &writer, includingData: false)
            return try StateValue(writer.text)
        } catch let error as ServiceError {
            throw error
        } catch {
            throw RecordReader.damaged(record.key)
        }
    }
}
