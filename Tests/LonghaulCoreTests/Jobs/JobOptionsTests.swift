import Foundation
import LonghaulCore
import LonghaulJSON
import Testing

@Suite struct JobOptionsTests {
    private struct Report: JobKind {
        static let kind = "report"
        static let options = JobOptions(
            queue: "reports", priority: 2, delay: .seconds(60), labels: ["gpu": "1"])
        typealias Payload = [String: Int]
        typealias Output = String
    }

    @Test func submissionHasTheOptionsOfItsKind() throws {
        let job = try NewJob(Report.self, ["month": 5])
        #expect(job.spec.kind == "report" && job.spec.payload.description == #"{"month":5}"#)
        #expect(job.spec.queue == "reports" && job.spec.priority == 2 && job.spec.labels == ["gpu": "1"])
        #expect(job.start == .after(seconds: 60))
    }

    @Test func optionsThatAreNotSetChangeNothing() throws {
        var job = try NewJob(Report.self, ["month": 5])
        let before = job
        job.apply(JobOptions())
        #expect(job == before)
    }

    @Test func timeOfARunTakesPrecedenceOverADelay() throws {
        let options = JobOptions(delay: .zero, runAt: Date(timeIntervalSince1970: 1))
        let job = try NewJob(Report.self, [:], options: options)
        #expect(job.start == .at(Timestamp(milliseconds: 1000)))
        #expect(try NewJob(Report.self, [:], options: JobOptions(delay: .zero)).start == .after(seconds: 0))
    }

    @Test func defaultQueueIsNamedExplicitly() throws {
        #expect(try !NewJob(Report.self, [:], options: JobOptions(queue: "default")).isRouted)
        var job = NewJob(JobSpec(kind: "a"))
        job.apply(JobOptions(priority: 1))
        #expect(job.isRouted)
    }

    @Test func referencesAreAdded() throws {
        let id = JobID(high: 1, low: 2)
        let options = JobOptions(
            idempotencyKey: "k", unique: UniqueRule(by: [.kind]), dependsOn: [id], onDependencyFailure: .run,
            join: JoinRule(waitFor: 1), parent: id, callbackURL: "https://example.com", traceparent: "t")
        let job = try NewJob(Report.self, [:], options: options)
        #expect(job.idempotencyKey == "k" && job.unique == UniqueRule(by: [.kind]))
        #expect(job.dependsOn == [.job(id)] && job.parentID == id)
        #expect(job.spec.onDependencyFailure == .run && job.spec.join == JoinRule(waitFor: 1))
        #expect(job.spec.callbackURL == "https://example.com" && job.spec.traceparent == "t")
    }
}
