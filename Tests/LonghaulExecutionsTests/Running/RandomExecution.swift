import LonghaulStates

/// Makes definitions of machines whose histories do not depend on the order in which branches run.
struct RandomExecution {
    private var random: RandomNumbers
    private var nextName = 0

    init(seed: UInt64) {
        random = RandomNumbers(seed: seed)
    }

    /// The text of a machine.
    mutating func definition() -> String { block(depth: 0) }

    private mutating func block(depth: Int, head: String = "") -> String {
        let names = (0..<Int.random(in: 1...3, using: &random)).map { _ -> String in
            nextName += 1
            return "S\(nextName)"
        }
        var states: [String] = []
        for (index, name) in names.enumerated() {
            let next = index + 1 < names.count ? names[index + 1] : nil
            states.append("\"\(name)\": \(state(name, next: next, depth: depth))")
        }
        return #"{\#(head)"StartAt": "\#(names[0])", "States": {\#(states.joined(separator: ", "))}}"#
    }

    private mutating func state(_ name: String, next: String?, depth: Int) -> String {
        let end = next.map { #""Next": "\#($0)""# } ?? #""End": true"#
        switch Int.random(in: 0..<(depth < 2 ? 10 : 6), using: &random) {
        case 0: return #"{"Type": "Pass", "Assign": {"v\#(nextName)": 1}, \#(end)}"#
        case 1: return #"{"Type": "Wait", "Seconds": \#(Int.random(in: 1...90, using: &random)), \#(end)}"#
        case 2 where depth == 0 && Int.random(in: 0..<4, using: &random) == 0:
            return #"{"Type": "Fail", "Error": "F", "Cause": "random"}"#
        case 6, 7:
            let blocks = (0..<Int.random(in: 1...3, using: &random)).map { _ in block(depth: depth + 1) }
            return #"{"Type": "Parallel", "Branches": [\#(blocks.joined(separator: ", "))], \#(end)}"#
        case 8, 9: return map(depth: depth, end: end)
        default: return task(name, end: end)
        }
    }

    /// A task that fails once in some states, and is retried.
    private mutating func task(_ name: String, end: String) -> String {
        let fails = Int.random(in: 0..<4, using: &random) == 0
        return #"""
            {"Type": "Task", "Resource": "\#(RunnerTests.function)work", \#(end), "ResultPath": null,
             "Parameters": {"fails": \#(fails), "retries.$": "$$.State.RetryCount"},
             "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 2}]}
            """#
    }

    private mutating func map(depth: Int, end: String) -> String {
        let isDistributed = Bool.random(using: &random)
        let config = #""ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "#
        let inner = block(depth: depth + 1, head: isDistributed ? config : "")
        let limit = Int.random(in: 0...2, using: &random)
        return #"""
            {"Type": "Map", "ItemsPath": "$$.Execution.Input.items", "ResultPath": null, "ItemProcessor": \#(inner),
             "ItemSelector": {"items": [1, 2]}, "MaxConcurrency": \#(limit), \#(end)}
            """#
    }
}

/// A generator of numbers that depends on its seed alone.
struct RandomNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
