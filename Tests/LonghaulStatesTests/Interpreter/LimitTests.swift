import LonghaulJSON
import LonghaulStates
import LonghaulTestSupport
import Synchronization
import Testing

struct LimitTests {
    @Test func endlessLoopsEndAtTheHistoryLimit() throws {
        let machine = #"""
            {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}}
            """#
        var scenario = try Scenario(machine)
        try scenario.start()
        var steps = 1
        while scenario.end == nil {
            #expect(scenario.commands == [.proceed])
            try scenario.step([])
            steps += 1
        }
        #expect(steps == 25)
        #expect(scenario.history.count == 25_000)
        #expect(scenario.history.last?.type == .executionFailed)
        #expect(scenario.error?.cause?.contains("maximum number of history events (25000)") == true)
    }

    @Test func manyChildrenStartInSeveralSteps() throws {
        let text = #"""
            {"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ItemProcessor": {
              "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
              "StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}}}}
            """#
        var scenario = try Scenario(text, input: "\(Array(0..<3000))")
        try scenario.start()
        var counts: [Int] = []
        repeat {
            counts += scenario.commands.compactMap { command in
                if case .startChildren(_, let starts) = command { starts.count } else { nil }
            }
            guard scenario.snapshot.hasWork else { break }
            try scenario.step([])
        } while true
        #expect(counts.reduce(0, +) == 3000)
        #expect(counts.count == 3 && counts.allSatisfy { $0 <= 1100 })
    }

    private static let loop = #"""
        {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}}
        """#

    @Test func stepsOfLargeDataAreShort() throws {
        let input = #"{"text": "\#(String(repeating: "x", count: 100_000))"}"#
        var scenario = try Scenario(LimitTests.loop, input: input)
        try scenario.start()
        #expect(scenario.commands == [.proceed])
        // A mebibyte, and the state that goes beyond it.
        #expect((11...12).contains(scenario.history.count))
        try scenario.step([])
        #expect((22...24).contains(scenario.history.count))
    }

    @Test func slowStepsAreShort() throws {
        let readings = Mutex(0.0)
        let settings = InterpreterSettings(
            maxHistoryEvents: 30,
            steadySeconds: {
                readings.withLock { seconds in
                    seconds += 0.06
                    return seconds
                }
            })
        var scenario = try Scenario(LimitTests.loop, settings: settings)
        try scenario.start()
        #expect(scenario.commands == [.proceed])
        #expect(scenario.history.count < 10)
        while scenario.end == nil { try scenario.step([]) }
        #expect(scenario.history.count == 30)
    }

    @Test func branchesStoreTheirCommonInputOnce() throws {
        let branches = (0..<200).map {
            #"{"StartAt": "W\#($0)", "States": {"W\#($0)": {"Type": "Wait", "Seconds": 9, "Next": "S\#($0)"},"#
                + #""S\#($0)": {"Type": "Pass", "Result": \#($0), "End": true}}}"#
        }
        let text =
            #"{"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": true, "#
            + #""Branches": [\#(branches.joined(separator: ","))]}}}"#
        let input = #"{"text": "\#(String(repeating: "x", count: 50_000))"}"#
        var scenario = try Scenario(text, input: input)
        try scenario.start()
        var timers = scenario.timers
        while scenario.snapshot.hasWork {
            try scenario.step([])
            timers += scenario.timers
        }
        #expect(scenario.snapshot.parts.values.reduce(0) { $0 + $1.bytes.count } < 500_000)
        #expect(scenario.history.count { $0.type == .waitStateEntered } == 200)
        try scenario.step(timers.map { .timer(id: $0.id) }, after: 9000)
        while scenario.snapshot.hasWork { try scenario.step([]) }
        #expect(scenario.output?.hasSuffix("198,199]") == true)
    }

    @Test func deepNestingIsRefused() throws {
        let depth = 1000
        let opening = #"{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":["#
        let closing = "]}}}"
        let inner = #"{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}"#
        let text =
            String(repeating: opening, count: depth) + inner + String(repeating: closing, count: depth)
        let start = processorTime()
        let error = #expect(throws: DefinitionError.self) { try StateMachine(parsing: text) }
        #expect(error?.message.contains("nested more than") == true)
        #expect(processorTime() - start < .seconds(1))
    }

    @Test func parallelStatesNestAsDeepAsAllowed() throws {
        let depth = StateMachine.maxNesting
        let opening = #"{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":["#
        let inner = #"{"StartAt":"S","States":{"S":{"Type":"Fail","Error":"Deep"}}}"#
        let text =
            String(repeating: opening, count: depth) + inner + String(repeating: "]}}}", count: depth)
        var scenario = try Scenario(text)
        try scenario.start()
        #expect(scenario.error?.name == "Deep")
    }

    @Test func manyStatesAreParsedAndRun() throws {
        let states = (0..<10_000).map { #""S\#($0)": {"Type": "Pass", "Next": "S\#($0 + 1)"}"# }
        let text =
            #"{"StartAt": "S0", "States": {\#(states.joined(separator: ",")), "S10000": {"Type": "Succeed"}}}"#
        var scenario = try Scenario(text)
        try scenario.start()
        while scenario.end == nil { try scenario.step([]) }
        #expect(scenario.output == "{}")
        #expect(scenario.history.count == 20_004)
    }

    @Test func longDefinitionsAreRefused() throws {
        let text = #"{"Comment": "\#(String(repeating: "a", count: 1_048_576))"}"#
        #expect(throws: DefinitionError.self) { try StateMachine(parsing: text) }
    }

    @Test(arguments: [
        (#"{"StartAt": "A", "States": {}}"#, "Missing state 'A' at /StartAt"),
        (#"{"StartAt": "A", "States": {"A": {"Type": "Jump"}}}"#, "Invalid value 'Jump' at /States/A/Type"),
        (
            #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}"#,
            "Missing state 'B' at /States/A/Next"
        ),
        (
            #"{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "x", "End": true}}}"#,
            "Value is not a valid resource ARN at /States/A/Resource"
        ),
    ])
    func errorsNameTheirPlace(definition: String, message: String) throws {
        let error = #expect(throws: DefinitionError.self) { try StateMachine(parsing: definition) }
        #expect(error?.description == message)
    }

    @Test func aMapTakesTimeAndSpaceInProportionToItsItems() throws {
        let small = try LimitTests.cost(items: 500)
        let large = try LimitTests.cost(items: 5000)
        #expect(large.bytes < small.bytes * 12)
        #expect(large.time < small.time * 30)
    }

    @Test func aMapRunTakesTimeAndSpaceInProportionToItsItems() throws {
        let small = try LimitTests.cost(items: 500, isDistributed: true)
        let large = try LimitTests.cost(items: 5000, isDistributed: true)
        #expect(large.bytes < small.bytes * 12)
        #expect(large.time < small.time * 30)
    }

    /// Runs a map whose iterations each wait for an event of their own.
    private static func cost(items: Int, isDistributed: Bool = false) throws -> (time: Duration, bytes: Int) {
        let mode = isDistributed ? "DISTRIBUTED" : "INLINE"
        let machine = #"""
            {"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true, "ResultPath": null,
                "ItemProcessor": {"ProcessorConfig": {"Mode": "\#(mode)", "ExecutionType": "STANDARD"},
                    "StartAt": "Work", "States": {"Work": {"Type": "Task",
                        "Resource": "arn:aws:states:::lambda:invoke", "End": true}}}}}}
            """#
        let input = "[\((0..<items).map(String.init).joined(separator: ","))]"
        let settings = InterpreterSettings(maxHistoryEvents: nil, maxChildConcurrency: 1000)
        var scenario = try Scenario(machine, input: input, settings: settings)
        scenario.crashes = false
        let start = processorTime()
        try scenario.start()
        for index in 0..<items {
            if isDistributed {
                try scenario.step([.mapRun(id: 0, .childEnded(index: index, .succeeded(output: .null)))])
            } else {
                try scenario.succeed(index + 1, "1")
            }
        }
        #expect(scenario.end?.status == .succeeded)
        return (processorTime() - start, scenario.storedBytes)
    }
}
