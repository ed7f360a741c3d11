import LonghaulFlaws

/// The options of the command line.
struct Options {
    /// The store that the engine uses.
    var store = SimulatedStore.memory
    /// The first seed, and how many.
    var from: UInt64 = 1
    var seeds = 1000
    /// The number of threads.
    var jobs = 2
    /// Whether to print every event.
    var isTraced = false
    /// The flaws to look for; empty to run the engine as it is.
    var flaws: [Flaw] = []

    static let usage = """
        longhaul-simulation [--seeds N] [--from N] [--jobs N]    run N seeds, starting at --from
        longhaul-simulation --seed N [--trace]                   repeat one seed, and print every event
        longhaul-simulation --broken NAME|all [--seeds N]        check that the checks find a broken engine
        longhaul-simulation --store memory|sqlite …              choose the store; the default is memory

        Broken engines over memory: \(Flaw.all(of: .memory).map(\.rawValue).joined(separator: ", "))
        Broken engines over sqlite: \(Flaw.all(of: .sqlite).map(\.rawValue).joined(separator: ", "))
        """

    /// Parses arguments. Nil if they are not valid.
    init?(_ arguments: [String]) {
        var rest = arguments[...]
        var broken: String?
        while let option = rest.popFirst() {
            if option == "--trace" {
                isTraced = true
                continue
            }
            guard let value = rest.popFirst() else { return nil }
            switch (option, UInt64(value)) {
            case ("--from", let number?): from = number
            case ("--seeds", let number?): seeds = Int(clamping: number)
            case ("--jobs", let number?): jobs = max(1, Int(clamping: number))
            case ("--seed", let number?): (from, seeds, jobs) = (number, 1, 1)
            case ("--broken", _): broken = value
            case ("--store", _):
                guard let store = SimulatedStore(rawValue: value) else { return nil }
                self.store = store
            default: return nil
            }
        }
        guard let broken else { return }
        flaws = Flaw.all(of: store).filter { broken == "all" || broken == $0.rawValue }
        if flaws.isEmpty { return nil }
    }
}

/// A store that the simulation runs the engine on.
enum SimulatedStore: String {
    /// Several servers on the driver in memory, whose faults are injected above it.
    case memory
    /// One server on the SQLite driver, on a simulated disk.
    case sqlite
}
