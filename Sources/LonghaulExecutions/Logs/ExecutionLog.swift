import LonghaulCore
import LonghaulJSON
import LonghaulStates

/// The log of an execution, as the `loggingConfiguration` of its machine asks for it: one line for each event, in AWS's form.
struct ExecutionLog: Sendable {
    private let level: EventLogLevel
    private let includesData: Bool
    private let arn: String

    /// The log of an execution with this ARN.
    init(_ configuration: MachineConfiguration, arn: String) {
        level = EventLogLevel(rawValue: configuration.logLevel) ?? .off
        includesData = configuration.logsExecutionData
        self.arn = arn
    }

    /// The lines for events.
    ///
    /// - Parameter redriveCount: how often the execution was redriven before these events.
    func lines(_ events: [HistoryEvent], redriveCount: Int) -> [LogLine] {
        guard level != .off else { return [] }
        return events.filter { level.includes($0.type) }.map { event in
            var writer = JSONWriter()
            event.writeLog(
                to: &writer, executionARN: arn, redriveCount: redriveCount, includingData: includesData)
            return LogLine(
                at: Timestamp(milliseconds: event.time),
                level: event.type.isFatal || event.type.isError ? .error : .info,
                message: String(decoding: writer.bytes, as: UTF8.self))
        }
    }
}
