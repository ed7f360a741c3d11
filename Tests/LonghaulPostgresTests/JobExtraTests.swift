import LonghaulCore
import LonghaulStore
import Testing

@testable import LonghaulPostgres

/// The rare settings of a job, which share a column.
struct JobExtraTests {
    private func job(_ spec: JobSpec) -> Job {
        let moment = Timestamp(milliseconds: 0)
        return Job(
            id: JobID(high: 1, low: 1), spec: spec, state: .pending, caller: "", createdAt: moment,
            runAt: moment)
    }

    @Test func everySettingIsReadAsItWasWritten() throws {
        var spec = JobSpec(kind: "a")
        spec.timeoutSeconds = 12.5
        spec.backoff = Backoff(
            growth: .fixed, initialSeconds: 2, factor: 3, maxSeconds: 400, jitter: 0.25)
        spec.onDependencyFailure = .run
        spec.join.waitFor = 3
        spec.join.collects = true
        spec.tags = ["a": "1", "b": "\"2\""]
        spec.labels = ["gpu": "yes"]
        spec.size = 1 << 40
        spec.callbackURL = "https://example.com/done"
        spec.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        var written = job(spec)
        written.dependsOn = [JobID(high: 2, low: 2), JobID(high: 3, low: 3)]
        var read = job(JobSpec(kind: "a"))
        try JobExtra.decode(#require(JobExtra.encode(written)), into: &read)
        #expect(read == written)
    }

    @Test func aJobWithoutThemHasNoColumn() throws {
        var spec = JobSpec(kind: "a")
        spec.backoff = .storedDefault
        #expect(JobExtra.encode(job(spec)) == nil)
    }

    @Test func unknownSettingIsReported() {
        var read = job(JobSpec(kind: "a"))
        #expect(throws: PostgresError.self) { try JobExtra.decode(#"{"later": 1}"#, into: &read) }
    }
}
