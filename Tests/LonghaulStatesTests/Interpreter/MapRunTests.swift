import LonghaulJSON
import LonghaulStates
import Testing

struct MapRunTests {
    private static func machine(_ fields: String = #""Comment": "none""#) -> String {
        """
        {"StartAt": "Each", "States": {
            "Each": {"Type": "Map", "Label": "each", \(fields), "End": true,
                "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                    "StartAt": "Work", "States": {"Work": {"Type": "Pass", "End": true}}}}}}
        """
    }

    private static let reader = #"""
        "ItemReader": {"Resource": "arn:aws:states:::s3:getObject",
            "Parameters": {"Bucket": "b", "Key.$": "$.key"}, "ReaderConfig": {"InputType": "JSONL"}}
        """#

    private static func ended(_ index: Int, _ result: ChildResult) -> ExecutionEvent {
        .mapRun(id: 0, .childEnded(index: index, result))
    }

    private static func succeeded(_ index: Int, _ output: String) -> ExecutionEvent {
        ended(index, .succeeded(output: JSONText(validated: Array(output.utf8))))
    }

    @Test func childrenRunAsManyAtATimeAsAllowed() throws {
        var scenario = try Scenario(MapRunTests.machine(#""MaxConcurrency": 2"#), input: "[1, 2, 3]")
        try scenario.start()
        #expect(scenario.children.map(\.input.description) == ["1", "2"])
        try scenario.step([MapRunTests.succeeded(1, "20")])
        #expect(scenario.children.map(\.index) == [2])
        try scenario.step([MapRunTests.succeeded(2, "30"), MapRunTests.succeeded(0, "10")])
        #expect(scenario.output == "[10,20,30]")
        #expect(
            scenario.lines.suffix(6) == [
                "3<2 MapStateStarted", "4<3 MapRunStarted", "5<4 MapRunSucceeded", "6<5 MapStateSucceeded",
                "7<5 MapStateExited", "8<7 ExecutionSucceeded",
            ])
    }

    @Test func aFailedChildFailsTheMapRun() throws {
        var scenario = try Scenario(MapRunTests.machine(), input: "[1, 2]")
        try scenario.start()
        try scenario.step([MapRunTests.ended(0, .failed)])
        #expect(scenario.error?.name == "States.ExceedToleratedFailureThreshold")
        #expect(scenario.commands.contains(.cancelMapRun(id: 0)))
        #expect(scenario.commands.contains(.endMapRun(id: 0, .failed)))
    }

    @Test func toleratedFailuresAreLeftOut() throws {
        var scenario = try Scenario(
            MapRunTests.machine(#""ToleratedFailurePercentage": 50"#), input: "[1, 2, 3, 4]")
        try scenario.start()
        try scenario.step([MapRunTests.ended(0, .failed), MapRunTests.ended(1, .timedOut)])
        #expect(scenario.end == nil)
        try scenario.step([MapRunTests.succeeded(2, "3"), MapRunTests.succeeded(3, "4")])
        #expect(scenario.output == "[3,4]")
        var failing = try Scenario(MapRunTests.machine(#""ToleratedFailureCount": 1"#), input: "[1, 2, 3]")
        try failing.start()
        try failing.step([MapRunTests.ended(0, .failed)])
        #expect(failing.end == nil)
        try failing.step([MapRunTests.ended(1, .failed)])
        #expect(failing.error?.name == "States.ExceedToleratedFailureThreshold")
    }

    @Test func batchesHaveAtMostTheirNumberOfItems() throws {
        let fields = #"""
            "ItemBatcher": {"MaxItemsPerBatch": 2, "BatchInput": {"name.$": "$.name"}}, "ItemsPath": "$.items"
            """#
        var scenario = try Scenario(
            MapRunTests.machine(fields), input: #"{"name": "n", "items": [1, 2, 3]}"#)
        try scenario.start()
        #expect(
            scenario.children.map(\.input.description) == [
                #"{"BatchInput":{"name":"n"},"Items":[1,2]}"#, #"{"BatchInput":{"name":"n"},"Items":[3]}"#,
            ])
    }

    @Test func batchesHaveAtMostTheirBytes() throws {
        let fields = #""ItemBatcher": {"MaxInputBytesPerBatch": 30}"#
        let items = (0..<6).map { _ in #""0123456789""# }.joined(separator: ",")
        var scenario = try Scenario(MapRunTests.machine(fields), input: "[\(items)]")
        try scenario.start()
        #expect(scenario.children.count == 3)
        #expect(scenario.children[0].input.description == #"{"Items":["0123456789","0123456789"]}"#)
    }

    @Test func itemsArriveInPages() throws {
        var scenario = try Scenario(
            MapRunTests.machine(MapRunTests.reader + #", "MaxConcurrency": 2"#), input: #"{"key": "k"}"#)
        try scenario.start()
        let read = try #require(
            scenario.commands.compactMap { if case .readItems(let read) = $0 { read } else { nil } }.first)
        #expect(read.parameters.description == #"{"Bucket":"b","Key":"k"}"#)
        #expect(read.format.inputType == "JSONL")
        try scenario.step([.mapRun(id: 0, .items([.integer(1)], isLast: false))])
        #expect(scenario.children.map(\.input.description) == ["1"])
        try scenario.step([MapRunTests.succeeded(0, "1")])
        #expect(scenario.end == nil)
        try scenario.step([.mapRun(id: 0, .items([.integer(2)], isLast: true))])
        try scenario.step([MapRunTests.succeeded(1, "2")])
        #expect(scenario.output == "[1,2]")
    }

    @Test func aSelectorThatFailsEndsTheMapRun() throws {
        let fields = #""ItemSelector": {"a.$": "$$.Map.Item.Value.a"}, "MaxConcurrency": 5"#
        var scenario = try Scenario(MapRunTests.machine(fields), input: #"[{"a": 1}, {"b": 2}]"#)
        try scenario.start()
        #expect(scenario.error?.name == "States.Runtime")
        #expect(scenario.children.isEmpty)
        #expect(scenario.commands.contains(.endMapRun(id: 0, .failed)))
    }

    @Test func aReaderCanFail() throws {
        var scenario = try Scenario(MapRunTests.machine(MapRunTests.reader), input: #"{"key": "k"}"#)
        try scenario.start()
        try scenario.step([.mapRun(id: 0, .readFailed(cause: "no such key"))])
        #expect(scenario.error == StateError(name: "States.ItemReaderFailed", cause: "no such key"))
        #expect(scenario.types.suffix(3) == [.mapRunFailed, .mapStateFailed, .executionFailed])
    }

    @Test func aWriterTakesTheResults() throws {
        let fields = #"""
            "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}}
            """#
        var scenario = try Scenario(MapRunTests.machine(fields), input: "[1]")
        try scenario.start()
        try scenario.step([MapRunTests.succeeded(0, "1")])
        let write = try #require(
            scenario.commands.compactMap { if case .writeResults(let write) = $0 { write } else { nil } }
                .first)
        #expect(write.parameters.description == #"{"Bucket":"b"}"#)
        let details = StateValue.members([("Bucket", .string("b")), ("Key", .string("k"))])
        try scenario.step([.mapRun(id: 0, .resultsWritten(details: details))])
        let output = try StateValue(parsing: try #require(scenario.output))
        #expect(output["ResultWriterDetails"] == details)
        #expect(output["MapRunArn"]?.string?.contains(":mapRun:machine/each:") == true)
    }

    @Test func resultsThatAreTooLargeFailTheMapRun() throws {
        let settings = InterpreterSettings(maxDataBytes: 100)
        var scenario = try Scenario(MapRunTests.machine(), input: "[1, 2]", settings: settings)
        try scenario.start()
        let text = "\"\(String(repeating: "a", count: 60))\""
        try scenario.step([MapRunTests.succeeded(0, text)])
        try scenario.step([MapRunTests.succeeded(1, text)])
        #expect(scenario.error?.name == "States.DataLimitExceeded")
    }
}
