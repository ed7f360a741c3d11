import LonghaulJSON
import LonghaulStates
import Testing

/// Events in the form in which AWS logs them.
struct EventLogTests {
    private func log(_ event: HistoryEvent, includingData: Bool = true) -> String {
        var writer = JSONWriter()
        event.writeLog(to: &writer, executionARN: "arn", redriveCount: 2, includingData: includingData)
        return writer.text.description
    }

    @Test func eventsHaveTheFormOfAWS() {
        let event = HistoryEvent(
            id: 7, previousID: 5, time: 1_700_000_000_123, type: .passStateEntered,
            details: .entered(name: "A", input: JSONText(validated: Array("1".utf8))))
        let start = #"{"id":"7","type":"PassStateEntered","details":{"#
        let end =
            #"},"previous_event_id":"5","event_timestamp":"1700000000123","execution_arn":"arn","redrive_count":"2"}"#
        #expect(log(event) == start + #""name":"A","input":"1","inputDetails":{"truncated":false}"# + end)
        #expect(log(event, includingData: false) == start + #""name":"A""# + end)
        let bare = HistoryEvent(id: 7, previousID: 5, time: 1_700_000_000_123, type: .passStateEntered)
        #expect(log(bare) == start + end)
    }

    @Test func longDataIsCut() throws {
        let input = JSONText(validated: Array("\"\(String(repeating: "x", count: 260_000))\"".utf8))
        let event = HistoryEvent(
            id: 1, previousID: 0, time: 0, type: .passStateEntered, details: .entered(name: "A", input: input)
        )
        let value = try StateValue(parsing: log(event))
        #expect(value["details"]?["input"]?.string?.utf8.count == HistoryEvent.maxLoggedBytes)
        #expect(value["details"]?["inputDetails"]?["truncated"] == .bool(true))
    }

    @Test func levelsHaveTheEventsThatAWSLists() {
        let fatal: Set<HistoryEventType> = [.executionAborted, .executionFailed, .executionTimedOut]
        let endings = ["Failed", "TimedOut", "Aborted"]
        for type in HistoryEventType.allCases {
            let isError = endings.contains { type.rawValue.hasSuffix($0) } || type == .failStateEntered
            #expect(EventLogLevel.all.includes(type))
            #expect(EventLogLevel.error.includes(type) == isError, "\(type)")
            #expect(EventLogLevel.fatal.includes(type) == fatal.contains(type), "\(type)")
            #expect(!EventLogLevel.off.includes(type))
        }
    }
}
