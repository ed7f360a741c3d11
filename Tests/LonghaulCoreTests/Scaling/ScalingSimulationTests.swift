import Foundation
import LonghaulCore
import Testing

/// Simulates loads with scaling by depth and by processor utilization. It prints the table in
/// docs/autoscaling.md.
struct ScalingSimulationTests {
    private static let random = SeededRandom(seed: 3)

    private static func arrivals(_ seconds: Int, _ rate: (Int) -> Double) -> [Int] {
        var rest = 0.0
        return (0..<seconds).map { second in
            // Each arrival is random, with the given rate on average.
            rest += rate(second) * (0.5 + random.fraction())
            let whole = Int(rest)
            rest -= Double(whole)
            return whole
        }
    }

    private static let loads = [
        ScalingSimulation.Load(
            name: "steady, 4 jobs/s", arrivals: arrivals(1800) { _ in 4 }, runSeconds: 1...3,
            processorShare: 0.9, swings: 0),
        ScalingSimulation.Load(
            name: "burst, 3,000 at once", arrivals: (0..<1800).map { $0 == 60 ? 3000 : 0 }, runSeconds: 1...3,
            processorShare: 0.9, swings: 1),
        ScalingSimulation.Load(
            name: "waves, 0 to 10 jobs/s",
            arrivals: arrivals(3600) { 5 - 5 * cos(Double($0) / 600 * 2 * .pi) }, runSeconds: 1...3,
            processorShare: 0.9, swings: 6),
        ScalingSimulation.Load(
            name: "spikes, 100 every 2 min", arrivals: (0..<3600).map { $0 % 120 == 0 ? 100 : 0 },
            runSeconds: 1...3, processorShare: 0.9, swings: 30),
        ScalingSimulation.Load(
            name: "waits for others, 4 jobs/s", arrivals: arrivals(1800) { _ in 4 }, runSeconds: 2...6,
            processorShare: 0.1, swings: 0),
    ]
    private static let strategies: [ScalingSimulation.Strategy] = [
        .depth(.jobsPerWorker(10)), .depth(.drain(seconds: 30)), .processor(share: 0.6),
    ]

    @Test func depthServesEveryLoadWithoutFlapping() {
        var table = ["| load | scaled by | wait p50 | p95 | most | workers, mean | most | turns |"]
        table.append("| --- | --- | --- | --- | --- | --- | --- | --- |")
        for load in Self.loads {
            for strategy in Self.strategies {
                let outcome = ScalingSimulation.run(load, strategy)
                table.append(Self.row(load, strategy, outcome))
                #expect(outcome.waits.count == load.arrivals.reduce(0, +))
                guard case .depth(let target) = strategy else { continue }
                // It changes direction as often as the load, plus a few times at the start.
                #expect(outcome.turns <= 2 * load.swings + 2, "\(load.name): \(outcome.turns) turns")
                if case .drain(let seconds) = target, load.arrivals.max() ?? 0 < 1000 {
                    let late = Double(ScalingSimulation.startSeconds + ScalingSimulation.pollSeconds)
                    #expect(outcome.wait(0.95) <= seconds + late, "\(load.name): \(outcome.wait(0.95)) s")
                }
            }
        }
        print(table.joined(separator: "\n"))
    }

    private static func row(
        _ load: ScalingSimulation.Load, _ strategy: ScalingSimulation.Strategy,
        _ outcome: ScalingSimulation.Outcome
    ) -> String {
        func tenths(_ value: Double) -> String { String(format: "%.1f", value) }
        let mean = Double(outcome.workerSeconds) / Double(load.arrivals.count)
        return
            "| \(load.name) | \(strategy.name) | \(tenths(outcome.wait(0.5))) s | \(tenths(outcome.wait(0.95))) s | "
            + "\(tenths(outcome.wait(1))) s | \(tenths(mean)) | \(outcome.peak) | \(outcome.turns) |"
    }
}
