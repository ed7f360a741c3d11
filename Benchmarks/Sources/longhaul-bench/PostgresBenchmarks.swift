import Foundation
import LonghaulCore
import LonghaulEngine
import LonghaulJSON
import LonghaulPostgres

/// Runs no-op jobs with an embedded engine and worker over PostgreSQL. The jobs are submitted in batches of 1,000, claimed,
/// run and completed, with each step durable.
struct PostgresDrainBenchmark {
    let url: String
    let jobs: Int

    func run() async throws {
        let rig = try Rig(store: try await PostgresStore.open(url: url))
        try await rig.engine.start()
        try await Rig.openWide(rig.engine)
        let submitting = try await seconds { try await Rig.submit(jobs, to: rig.engine) }
        let draining = try await seconds { try await DrainBenchmark.drain(jobs, rig) }
        try await rig.end()
        report([
            "jobs": Double(jobs), "submitted_per_second": Double(jobs) / submitting,
            "drained_per_second": Double(jobs) / draining,
            "whole_per_second": Double(jobs) / (submitting + draining),
        ])
    }
}

/// Submits, claims and completes 100 jobs at a time at full speed, and reports the cost of a claim at the beginning and at
/// the end. Run it while another session holds an old transaction open.
struct PostgresAgeBenchmark {
    let url: String
    let rounds: Int

    func run() async throws {
        let work = try await PostgresWork(url: url)
        var spent: [PostgresWork.Seconds] = []
        for _ in 0..<rounds { spent.append(try await work.round()) }
        await work.store.close()
        let tenth = max(1, rounds / 10)
        let first = PostgresWork.Summary(spent.prefix(tenth))
        let last = PostgresWork.Summary(spent.suffix(tenth))
        report([
            "jobs": Double(rounds * PostgresWork.batch), "first_jobs_per_second": first.jobsPerSecond,
            "last_jobs_per_second": last.jobsPerSecond, "first_claim_p50_ms": first.claimP50,
            "last_claim_p50_ms": last.claimP50, "first_claim_p99_ms": first.claimP99,
            "last_claim_p99_ms": last.claimP99,
        ])
    }
}

/// The same at a fixed rate and for a fixed time. Reports the claimed jobs per second and the time of a claim in the first
/// and in the last minute. Runs shorter than two minutes are halved.
struct PostgresPaceBenchmark {
    let url: String
    let length: Int
    /// Jobs per second.
    let rate: Int

    func run() async throws {
        let work = try await PostgresWork(url: url)
        let clock = ContinuousClock()
        let start = clock.now
        var spent: [(at: Duration, seconds: PostgresWork.Seconds)] = []
        while clock.now - start < .seconds(length) {
            let round = try await work.round()
            spent.append((clock.now - start, round))
            // After a late round, the next ones follow at once until the rate is reached again.
            try await clock.sleep(
                until: start + .seconds(1) * (Double(spent.count * PostgresWork.batch) / Double(rate)))
        }
        await work.store.close()
        let part = min(60.0, Double(length) / 2)
        let first = spent.filter { $0.at <= .seconds(part) }.map(\.seconds)
        let last = spent.filter { $0.at > .seconds(Double(length) - part) }.map(\.seconds)
        let (early, late) = (PostgresWork.Summary(first[...]), PostgresWork.Summary(last[...]))
        let rates = (
            first: Double(first.count * PostgresWork.batch) / part,
            last: Double(last.count * PostgresWork.batch) / part
        )
        report([
            "seconds": Double(length), "part_seconds": part, "first_claimed_per_second": rates.first,
            "last_claimed_per_second": rates.last, "rate_ratio": rates.last / rates.first,
            "first_claim_p50_ms": early.claimP50, "last_claim_p50_ms": late.claimP50,
            "first_claim_p99_ms": early.claimP99, "last_claim_p99_ms": late.claimP99,
            "p99_ratio": late.claimP99 / early.claimP99,
        ])
    }
}

/// Claims and completes 100 jobs at a time, beside other pending jobs that were submitted before. Run it on an empty store,
/// and again on a filled one.
struct PostgresWorkBenchmark {
    let url: String
    /// The number of claimed and completed jobs.
    let jobs: Int
    /// The number of other pending jobs.
    let pending: Int

    func run() async throws {
        let work = try await PostgresWork(url: url)
        try await work.openWide()
        let filling = try await seconds { try await work.submit(pending) }
        var spent: [PostgresWork.Seconds] = []
        for _ in 0..<max(1, jobs / PostgresWork.batch) { spent.append(try await work.round()) }
        await work.store.close()
        let summary = PostgresWork.Summary(spent[...])
        report([
            "pending": Double(pending), "filled_per_second": Double(pending) / filling,
            "jobs": Double(spent.count * PostgresWork.batch),
            "claimed_and_completed_per_second": summary.workedPerSecond,
            "claim_p50_ms": summary.claimP50, "claim_p99_ms": summary.claimP99,
        ])
    }
}
