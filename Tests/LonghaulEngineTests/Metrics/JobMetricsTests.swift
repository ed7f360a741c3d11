import LonghaulCore
import LonghaulTestSupport
import Testing

@testable import LonghaulEngine

/// The metrics of jobs, and their text format.
struct JobMetricsTests {
    private func change(
        _ state: JobState, from previous: JobState?, queue: String = "q", kind: String = "k",
        at seconds: Double = 0, _ edit: (inout JobChange) -> Void = { _ in }
    ) -> JobChange {
        let at = Timestamp(milliseconds: 1_764_000_000_000).adding(seconds: seconds)
        var change = JobChange(
            jobID: JobID(high: 1, low: 1), queue: queue, kind: kind, state: state, previous: previous,
            attempt: 1, version: 1, at: at, runAt: at)
        edit(&change)
        return change
    }

    private func lines(_ metrics: JobMetrics) -> Set<String> {
        var text = PrometheusText()
        metrics.write(to: &text)
        return Set(text.text.split(separator: "\n").map(String.init))
    }

    @Test func countsTheChangesOfAJob() {
        let metrics = JobMetrics()
        let boom = JobError(type: "boom", message: "m")
        metrics.observe(
            ChangeBatch([
                change(.pending, from: nil),
                change(.processing, from: .pending) { $0.waitedSeconds = 0.3 },
                change(.processing, from: .processing) { $0.progress = Progress(percent: 50, message: nil) },
                change(.retrying, from: .processing) {
                    $0.error = boom; $0.ranSeconds = 2
                },
                change(.pending, from: .retrying), change(.processing, from: .pending),
                change(.retrying, from: .processing) {
                    $0.error = .leaseExpired; $0.ranSeconds = 40
                },
                change(.failed, from: .processing) {
                    $0.error = boom; $0.ranSeconds = 4000
                },
                change(.pending, from: .failed), change(.cancelled, from: .pending),
            ]))
        let lines = lines(metrics)
        let expected = [
            #"longhaul_jobs_submitted_total{queue="q",kind="k"} 1"#,
            #"longhaul_jobs_finished_total{queue="q",kind="k",outcome="completed"} 0"#,
            #"longhaul_jobs_finished_total{queue="q",kind="k",outcome="failed"} 1"#,
            #"longhaul_jobs_finished_total{queue="q",kind="k",outcome="cancelled"} 1"#,
            #"longhaul_job_attempts_failed_total{queue="q",kind="k",error="boom"} 2"#,
            #"longhaul_job_attempts_failed_total{queue="q",kind="k",error="lease_expired"} 1"#,
            "longhaul_leases_expired_total 1",
            #"longhaul_job_wait_seconds_bucket{queue="q",le="0.25"} 0"#,
            #"longhaul_job_wait_seconds_bucket{queue="q",le="0.5"} 1"#,
            #"longhaul_job_run_seconds_bucket{queue="q",le="3600"} 2"#,
            #"longhaul_job_run_seconds_bucket{queue="q",le="+Inf"} 3"#,
            #"longhaul_job_run_seconds_sum{queue="q"} 4042"#,
            #"longhaul_job_run_seconds_count{queue="q"} 3"#,
        ]
        for line in expected { #expect(lines.contains(line), "\(line)") }
    }

    @Test func countsTheOperationsThatTheServerHasEnded() {
        let metrics = JobMetrics()
        metrics.observe(
            ChangeBatch([
                change(.pending, from: .suspended) {
                    $0.operationEnds = [
                        OperationEnd(.timer, .succeeded): 2, OperationEnd(.signal, .failed): 1,
                    ]
                },
                change(.processing, from: .pending) {
                    $0.operationEnds = [OperationEnd(.timer, .succeeded): 1]
                },
            ]))
        var text = PrometheusText()
        metrics.writeJournals(to: &text)
        #expect(text.text.contains(#"longhaul_operations_total{type="timer",outcome="succeeded"} 3"#))
        #expect(text.text.contains(#"longhaul_operations_total{type="signal",outcome="failed"} 1"#))
        #expect(text.text.contains("longhaul_resumed_runs_total 1"))
    }

    @Test func labelsStayWithinTheirBounds() {
        let metrics = JobMetrics()
        for number in 0..<5000 {
            metrics.observe(
                ChangeBatch([
                    change(.pending, from: nil, queue: "q\(number)", kind: "k\(number)"),
                    change(.failed, from: .processing) {
                        $0.error = JobError(type: "e\(number)", message: "m")
                    },
                ]))
        }
        let lines = lines(metrics)
        let submitted = lines.filter { $0.hasPrefix("longhaul_jobs_submitted_total{") }
        #expect(submitted.count <= 4 * metrics.maxLabels + 1)
        #expect(lines.count { $0.contains(#"error="e"#) } <= JobMetrics.maxErrors)
        let total = submitted.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
        #expect(total == 5000)
        #expect(submitted.contains { $0.contains(#"queue="other",kind="other""#) })
    }

    @Test func namesLoseTheirLabelsAfterAnHourWithoutUse() {
        let metrics = JobMetrics(maxLabels: 2)
        let hour = LabelBound.retentionSeconds
        metrics.observe(
            ChangeBatch([
                change(.pending, from: nil, queue: "old", kind: "old"),
                change(.pending, from: nil, queue: "used", kind: "used"),
            ]))
        metrics.observe(ChangeBatch([change(.pending, from: nil, queue: "new", kind: "new", at: 1)]))
        #expect(lines(metrics).contains(#"longhaul_jobs_submitted_total{queue="other",kind="other"} 1"#))
        metrics.observe(ChangeBatch([change(.pending, from: nil, queue: "used", kind: "used", at: hour - 1)]))
        metrics.observe(ChangeBatch([change(.pending, from: nil, queue: "new", kind: "new", at: hour + 1)]))
        let after = lines(metrics)
        #expect(after.contains(#"longhaul_jobs_submitted_total{queue="new",kind="new"} 1"#))
        #expect(after.contains(#"longhaul_jobs_submitted_total{queue="used",kind="used"} 2"#))
        #expect(!after.contains { $0.contains(#"queue="old""#) })
    }

    /// All labels are in use, by names of common length, with all possible series.
    @Test func aScrapeAtTheBoundIsSmall() {
        let metrics = JobMetrics()
        for number in 0..<20_000 {
            let (queue, kind) = ("tenant-\(number % 150)-orders", "order.created.\(number % 170)")
            metrics.observe(
                ChangeBatch([
                    change(.pending, from: nil, queue: queue, kind: kind),
                    change(.processing, from: .pending, queue: queue, kind: kind) { $0.waitedSeconds = 1 },
                    change(.failed, from: .processing, queue: queue, kind: kind) {
                        $0.error = JobError(type: "error-\(number % 90)", message: "m")
                        $0.ranSeconds = 1
                    },
                ]))
        }
        var text = PrometheusText()
        metrics.write(to: &text)
        #expect(text.text.utf8.count < 400_000)
    }

    @Test func longOrSpecialTextsKeepTheFormat() {
        let metrics = JobMetrics()
        let strange = "a\"b\\c\nd"
        metrics.observe(
            ChangeBatch([
                change(.failed, from: .processing) { $0.error = JobError(type: strange, message: "m") },
                change(.failed, from: .processing) {
                    $0.error = JobError(type: String(repeating: "x", count: 10_000), message: "m")
                },
            ]))
        let lines = lines(metrics)
        #expect(lines.contains { $0.contains(#"error="a\"b\\c\nd"} 1"#) })
        #expect(lines.contains { $0.contains(#"error="other"} 1"#) })
    }

    @Test func countingASubmissionIsCheap() {
        let metrics = JobMetrics()
        let changes = (0..<128).map {
            change(.pending, from: nil, queue: "q\($0 % 4)", kind: "kind.\($0 % 9)")
        }
        let taken = ContinuousClock().measure {
            for _ in 0..<1000 { metrics.observe(ChangeBatch(changes)) }
        }
        let each = taken / .nanoseconds(1) / 128_000
        print("metrics: \(each.rounded()) ns a change (debug build)")
        // Two orders of magnitude above the measured time, so that only a wrong algorithm fails.
        #expect(each < 100_000)
    }
}
