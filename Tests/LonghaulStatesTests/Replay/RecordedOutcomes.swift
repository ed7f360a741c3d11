import LonghaulJSON
import LonghaulStates

/// The outcomes of tasks and readers that a recorded history has, in the order in which the work was scheduled.
struct RecordedOutcomes {
    private let events: [StateValue]
    private var scheduled: [StateValue]
    private var endings: [StateValue]
    private let isNumbered: Bool

    init(_ events: [StateValue]) {
        self.events = events
        isNumbered = events.allSatisfy { $0["id"]?.number != nil }
        scheduled = events.filter { RecordedOutcomes.type($0).hasSuffix("Scheduled") }
        endings = events.filter { RecordedOutcomes.ends(RecordedOutcomes.type($0)) }
    }

    private static func type(_ event: StateValue) -> String { event["type"]?.string ?? "" }

    private static func ends(_ type: String) -> Bool {
        guard type.hasPrefix("Task") || type.hasPrefix("Lambda") || type.hasPrefix("Activity"),
            !type.hasPrefix("TaskState")
        else { return false }
        return ["Succeeded", "Failed", "TimedOut"].contains { type.hasSuffix($0) }
    }

    /// The reports on the next task: none if it never ended, or ended by a time limit.
    mutating func nextTask(_ start: TaskStart) -> [TaskReport] {
        guard !scheduled.isEmpty else {
            return [.started(worker: nil), .succeeded(output: start.parameters)]
        }
        let event = scheduled.removeFirst()
        guard isNumbered else {
            guard !endings.isEmpty else { return [.started(worker: nil)] }
            return [.started(worker: nil)] + RecordedOutcomes.report(endings.removeFirst())
        }
        var reports: [TaskReport] = []
        var current = event
        while let next = events.first(where: { follows($0, current) }) {
            reports += RecordedOutcomes.report(next)
            if RecordedOutcomes.ends(RecordedOutcomes.type(next)) { break }
            current = next
        }
        return reports
    }

    private func follows(_ next: StateValue, _ event: StateValue) -> Bool {
        let type = RecordedOutcomes.type(next)
        let isOfTask =
            RecordedOutcomes.ends(type) || type.hasSuffix("Submitted")
            || ["TaskStarted", "LambdaFunctionStarted", "ActivityStarted"].contains(type)
        return isOfTask && next["previousEventId"] == event["id"]
    }

    private static func report(_ event: StateValue) -> [TaskReport] {
        let details = details(event)
        let error = StateError(
            name: details["error"]?.string, cause: details["cause"].map { $0.string ?? $0.json.description })
        switch type(event) {
        case "TaskStarted", "LambdaFunctionStarted", "ActivityStarted": return [.started(worker: nil)]
        case "TaskSubmitted": return [.submitted(output: text(details["output"]))]
        case let type where type.hasSuffix("Succeeded"): return [.succeeded(output: text(details["output"]))]
        case let type where type.hasSuffix("TimedOut"): return []
        case "TaskSubmitFailed": return [.submitFailed(error)]
        case "TaskStartFailed", "LambdaFunctionStartFailed": return [.startFailed(error)]
        case "LambdaFunctionScheduleFailed": return [.scheduleFailed(error)]
        default: return [.failed(error)]
        }
    }

    private static func details(_ event: StateValue) -> StateValue {
        event.object?.members.first { $0.0.hasSuffix("EventDetails") }?.1 ?? .null
    }

    /// The JSON text of a recorded output: recordings hold objects and arrays parsed.
    private static func text(_ value: StateValue?) -> JSONText {
        guard let value else { return .null }
        guard let text = value.string else { return value.json }
        return (try? StateValue(parsing: text)) == nil ? value.json : JSONText(validated: Array(text.utf8))
    }

    /// The output of the map state that reads items.
    var mapOutput: StateValue {
        let exit = events.first { RecordedOutcomes.type($0) == "MapStateExited" }
        let output = exit.flatMap { RecordedOutcomes.details($0)["output"] } ?? .null
        return (try? StateValue(RecordedOutcomes.text(output))) ?? .null
    }

    /// Why the map run failed; nil if it did not.
    var mapRunCause: String? {
        let failure = events.first { RecordedOutcomes.type($0) == "MapRunFailed" }
        return failure.flatMap { RecordedOutcomes.details($0)["cause"]?.string }
    }
}
