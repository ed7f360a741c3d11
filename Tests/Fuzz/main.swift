import Glibc

/// Runs every decoder on mutated inputs. None may crash, hang, or accept a value that it cannot write.
///
///     longhaul-fuzz [COUNT [SEED [TARGET NUMBER]]]    with TARGET and NUMBER, one input alone, shown
let arguments = CommandLine.arguments.dropFirst()
let count = arguments.first.flatMap { UInt64($0) } ?? 1_000_000
let seed = arguments.dropFirst().first.flatMap { UInt64($0) } ?? 1
exit(
    Fuzzing(
        targets: FuzzTarget.json + FuzzTarget.texts + FuzzTarget.states + FuzzTarget.executions + [
            FuzzTarget.jsonata
        ],
        seed: seed
    ).run(
        count, only: Array(arguments.dropFirst(2))))

/// One run over all targets.
struct Fuzzing {
    let targets: [FuzzTarget]
    let seed: UInt64

    /// Runs `count` inputs, or the one of a target and number. Returns the exit code.
    func run(_ count: UInt64, only place: [String]) -> Int32 {
        CrashReport.arm()
        if place.count == 2, let number = UInt64(place[1]) { return show(place[0], number) }
        let shares = targets.reduce(0) { $0 + $1.weight }
        var broken = 0
        var total: UInt64 = 0
        for target in targets {
            let share = count * UInt64(target.weight) / UInt64(shares) + 1
            let (accepted, faults) = feed(target, share)
            print("  \(target.name): \(share) inputs, \(accepted) accepted")
            broken += faults
            total += share
        }
        print("Fuzzed \(targets.count) decoders with \(total) inputs, seed \(seed): \(broken) broken")
        return broken == 0 ? 0 : 1
    }

    private func feed(_ target: FuzzTarget, _ count: UInt64) -> (accepted: Int, broken: Int) {
        CrashReport.begin(target.name)
        var accepted = 0
        var broken = 0
        for good in target.seeds where (try? target.decode(good)) != true {
            print("  BROKEN \(target.name) refuses \(String(decoding: good, as: UTF8.self))")
            broken += 1
        }
        for number in 0..<count {
            CrashReport.note(number)
            let input = target.input(number, seed: seed)
            do {
                if try target.decode(input) { accepted += 1 }
            } catch {
                broken += 1
                if broken <= 5 { print("  BROKEN \(target.name), input \(number): \(error)") }
            }
        }
        return (accepted, broken)
    }

    private func show(_ name: String, _ number: UInt64) -> Int32 {
        guard let target = targets.first(where: { $0.name == name }) else {
            print("There is no target \(name); there are: \(targets.map(\.name).joined(separator: ", "))")
            return 2
        }
        let input = target.input(number, seed: seed)
        print(String(decoding: input, as: UTF8.self))
        print(input)
        CrashReport.begin(name)
        CrashReport.note(number)
        do {
            print(try target.decode(input) ? "accepted" : "refused")
            return 0
        } catch {
            print("BROKEN: \(error)")
            return 1
        }
    }
}
