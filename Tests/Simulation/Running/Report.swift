import LonghaulFlaws

/// Prints the results of many runs.
enum Report {
    /// Prints the results of the shipped engine. Returns whether it broke no rule.
    static func show(_ summary: SeedRunner.Summary, on store: SimulatedStore) -> Bool {
        print(
            "\(summary.seeds) seeds, \(summary.jobs) jobs, \(summary.events) events, \(summary.steps) steps, "
                + "\(summary.replayed) seeds replayed")
        let faults = summary.faults.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        print("faults injected: \(faults.joined(separator: ", "))")
        for outcome in summary.broken.sorted(by: { $0.seed < $1.seed }) {
            print("seed \(outcome.seed) broke \(outcome.violations.count) rules:")
            for violation in outcome.violations.prefix(5) { print("  \(violation)") }
            let option = store == .memory ? "" : "--store \(store.rawValue) "
            print("  replay: longhaul-simulation \(option)--seed \(outcome.seed) --trace")
        }
        print("seeds \(summary.seeds), violations \(summary.broken.count)")
        return summary.broken.isEmpty
    }

    /// Prints whether a flaw was found. Returns whether it was.
    static func show(_ flaw: Flaw, _ summary: SeedRunner.Summary) -> Bool {
        guard let first = summary.broken.min(by: { $0.seed < $1.seed }) else {
            print("broken engine \(flaw.rawValue): NOT FOUND in \(summary.seeds) seeds")
            return false
        }
        print("broken engine \(flaw.rawValue): found by seed \(first.seed): \(first.violations.first ?? "")")
        return true
    }
}
