import Foundation
import LonghaulCore
import LonghaulHTTP
import LonghaulJSON

/// The next ticks of a cron expression that a request has.
struct ScheduleTicks: JSONWritable {
    static let parameters = [
        QueryParameter(
            name: "cron", description: "The expression, as in a schedule.", isRequired: true,
            schema: .formatted("cron", FieldBounds.cronLength)),
        QueryParameter(
            name: "time_zone", description: "Such as Europe/Paris; UTC if not given.",
            schema: .formatted("time-zone", FieldBounds.timeZoneLength)),
        QueryParameter(
            name: "count", description: "The maximum number of ticks. The default is 5.",
            schema: .integer(1...20)),
    ]

    private let ticks: [Timestamp]

    /// - Throws: ``LonghaulError`` `invalid_request` if the expression or the time zone is invalid.
    init(_ request: APIRequest, after now: Timestamp) throws(LonghaulError) {
        let cron = try Self.cron(request.http.query.first("cron") ?? "")
        let zone = try request.query("time_zone", "the name of a time zone, such as Europe/Paris") {
            TimeZone(identifier: $0)
        }
        let recurrence = Recurrence(cron, in: zone ?? .gmt)
        var ticks: [Timestamp] = []
        while ticks.count < request.integer("count") ?? 5,
            let tick = recurrence.next(after: ticks.last ?? now)
        {
            ticks.append(tick)
        }
        self.ticks = ticks
    }

    private static func cron(_ text: String) throws(LonghaulError) -> CronExpression {
        guard FieldBounds.cronLength.contains(text.count) else {
            throw APIRequest.fault("cron", "expected at most \(FieldBounds.cronLength.upperBound) characters")
        }
        do throws(CronError) {
            return try CronExpression(parsing: text)
        } catch {
            throw APIRequest.fault("cron", error.description)
        }
    }

    /// Writes the answer.
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("items", ticks.map(\.description))
        }
    }
}
