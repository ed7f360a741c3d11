import LonghaulFlaws

/// The options of the command line.
struct Options {
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

        Broken engines: \(Flaw.allCases.map(\.rawValue).joined(separator: ", "))
        """

    /// Parses arguments. Nil if they are not valid.
    init?(_ arguments: [String]) {
        var rest = arguments[...]
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
            case ("--broken", _) where value == "all": flaws = Flaw.allCases
            case ("--broken", _):
                guard let flaw = Flaw(rawValue: value) else { return nil }
                flaws = [flaw]
            default: return nil
            }
        }
    }
}
