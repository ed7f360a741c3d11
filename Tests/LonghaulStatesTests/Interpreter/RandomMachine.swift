import LonghaulStates

/// A generator of numbers that depends on its seed alone.
struct TestRandom: RandomNumberGenerator {
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

/// Makes definitions of all kinds of states.
struct RandomMachine {
    private var random: TestRandom
    private var nextName = 0

    init(seed: UInt64) {
        random = TestRandom(seed: seed)
    }

    /// The text of a machine.
    mutating func definition() -> String { block(depth: 0) }

    private mutating func name() -> String {
        nextName += 1
        return "S\(nextName)"
    }

    private mutating func block(depth: Int, head: String = "") -> String {
        let names = (0..<Int.random(in: 1...3, using: &random)).map { _ in name() }
        var states: [String] = []
        for (index, name) in names.enumerated() {
            let next = index + 1 < names.count ? names[index + 1] : nil
            states.append("\"\(name)\": \(state(next: next, depth: depth))")
        }
        return #"{\#(head)"StartAt": "\#(names[0])", "States": {\#(states.joined(separator: ", "))}}"#
    }

    private mutating func state(next: String?, depth: Int) -> String {
        let end = next.map { #""Next": "\#($0)""# } ?? #""End": true"#
        switch Int.random(in: 0..<(depth < 2 ? 10 : 6), using: &random) {
        case 0: return #"{"Type": "Pass", "Assign": {"v\#(nextName)": 1}, \#(end)}"#
        case 1: return #"{"Type": "Wait", "Seconds": \#(Int.random(in: 1...5, using: &random)), \#(end)}"#
        case 2 where next != nil:
            let rule = #"{"Variable": "$", "IsPresent": true, "Next": "\#(next ?? "")"}"#
            return #"{"Type": "Choice", "Choices": [\#(rule)]}"#
        case 3 where next == nil && Bool.random(using: &random): return #"{"Type": "Fail", "Error": "F"}"#
        case 6, 7:
            let blocks = (0..<Int.random(in: 1...3, using: &random)).map { _ in block(depth: depth + 1) }
            return
                #"{"Type": "Parallel", "Branches": [\#(blocks.joined(separator: ", "))], \#(errors()) \#(end)}"#
        case 8, 9: return map(depth: depth, end: end)
        default:
            let limit = Bool.random(using: &random) ? #""TimeoutSeconds": 3,"# : ""
            return #"{"Type": "Task", "Resource": "arn:aws:states:::a:b", \#(limit) \#(errors()) \#(end)}"#
        }
    }

    private mutating func map(depth: Int, end: String) -> String {
        let isDistributed = Bool.random(using: &random)
        let config = #""ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "#
        let inner = block(depth: depth + 1, head: isDistributed ? config : "")
        let fields =
            #""MaxConcurrency": \#(Int.random(in: 0...2, using: &random)), "ToleratedFailureCount": 1,"#
        return #"{"Type": "Map", "ItemsPath": "$$.Execution.Input", "ItemProcessor": \#(inner), \#(fields)"#
            + " \(errors()) \(end)}"
    }

    private mutating func errors() -> String {
        guard Bool.random(using: &random) else { return "" }
        return #""Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}],"#
    }
}
