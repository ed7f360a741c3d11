import LonghaulAWS
import LonghaulCore
import LonghaulHTTP
import LonghaulJSON
import LonghaulStates

/// Targets for executions, the items of their maps, and the signatures of their callers.
extension FuzzTarget {
    /// The targets for executions.
    static let executions = [runs, csv, jsonLines, manifest, signature]

    // MARK: - Runs

    private static let machines = [
        #"{"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"x.$":"$.a"},"ResultPath":"$.p","Assign":{"v":1},"Next":"B"},"B":{"Type":"Choice","Choices":[{"Variable":"$.n","IsNumeric":true,"Next":"C"}],"Default":"D"},"C":{"Type":"Wait","Seconds":1,"Next":"D"},"D":{"Type":"Fail","Error":"E","CausePath":"$.c"}}}"#,
        #"{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.a","MaxConcurrency":2,"ItemSelector":{"i.$":"$$.Map.Item.Index","n.$":"$.n"},"ItemProcessor":{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::longhaul:job","Parameters":{"kind":"k","payload.$":"$"},"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":2}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"R"}],"End":true},"R":{"Type":"Pass","Result":1,"End":true}}},"End":true}}}"#,
        #"{"QueryLanguage":"JSONata","StartAt":"P","States":{"P":{"Type":"Parallel","Arguments":"{% $states.input.o %}","Branches":[{"StartAt":"X","States":{"X":{"Type":"Wait","Seconds":"{% 2 %}","Next":"Y"},"Y":{"Type":"Succeed","Output":"{% $v & 1 %}"}}},{"StartAt":"Z","States":{"Z":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","Arguments":{"FunctionName":"f","Payload":"{% $states.context.Task.Token %}"},"HeartbeatSeconds":5,"TimeoutSeconds":9,"End":true}}}],"Assign":{"v":"{% $states.result %}"},"Next":"L"},"L":{"Type":"Choice","Choices":[{"Condition":"{% $exists($v) %}","Next":"P"}],"Default":"S"},"S":{"Type":"Succeed"}}}"#,
        #"{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.a","ToleratedFailurePercentage":50,"ItemBatcher":{"MaxItemsPerBatch":2},"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"T","States":{"T":{"Type":"Pass","End":true}}},"Next":"N"},"N":{"Type":"Pass","OutputPath":"$[0]","End":true}}}"#,
    ]

    private static let words = [
        "null", "[]", "{}", "0", "-1", "99", #""$""#, #""$$""#, #""$.a""#, #""$.nope""#, #""$v""#,
        #""{% $states.input %}""#,
        #""{% $states.result.x %}""#, #""End":true,"#, #""Next":"A","#, #""ResultPath":null,"#,
        #""OutputPath":"$.o","#,
        #""QueryLanguage":"JSONata","#, #""Assign":{"v":2},"#, #""MaxConcurrency":1,"#,
        #""ResultSelector":{"r.$":"$"},"#,
    ]

    private static let input =
        #"{"a":[{"b":1},{"b":2},{"b":3}],"n":-1.5,"s":"text","o":{"p":{"q":[[1],[2]]}},"c":"cause"}"#

    /// Executions of valid definitions have gapless histories, end once, and continue from their stored snapshot.
    static let runs = FuzzTarget("execution", weight: 2, seeds: machines, words: words) { bytes in
        guard let text = String(validating: bytes, as: UTF8.self),
            let machine = try? StateMachine(parsing: text),
            !DefinitionChecks().check(text).contains(where: { $0.severity == .error })
        else { return false }
        var run = FuzzedRun(machine, input: input)
        try run.run()
        return true
    }

    // MARK: - Items

    /// Items are the same however the source is divided.
    private static func items(_ bytes: [UInt8], _ format: ItemFormat) throws -> Bool {
        func read(in size: Int) throws -> [StateValue] {
            var stream = try ItemStream(format, maxItems: 50)
            var items: [StateValue] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                items += try stream.append(bytes[start..<min(start + size, bytes.count)])
            }
            return try items + stream.finish()
        }
        let whole = try? read(in: max(1, bytes.count))
        let pieces = try? read(in: 3)
        try expect(whole == pieces, "depends on the division of the source")
        for item in whole ?? [] {
            try expect(try StateValue(item.json) == item, "makes an item that is not read back")
        }
        return whole != nil
    }

    static let csv = FuzzTarget(
        "csv", seeds: ["a,b,c\n1,\"two\"\"2\",3\r\n4,,\n\n\"x\ny\",5", "\u{FEFF}n,m\né,😀\n"],
        words: ["\"", "\"\"", "\r\n", "\n\n", ",,", "\u{0}", "\u{FEFF}"]
    ) { try items($0, ItemFormat(inputType: "CSV", headerLocation: "FIRST_ROW")) }

    static let jsonLines = FuzzTarget(
        "json lines", seeds: ["{\"a\":1}\n[2]\n\n\"x\"\r\n", "1\n2"],
        words: ["\n", "null", "{", "\"", "\\u0000"]
    ) { try items($0, ItemFormat(inputType: "JSONL")) }

    static let manifest = FuzzTarget(
        "manifest",
        seeds: [
            #"{"fileFormat":"CSV","fileSchema":"Bucket, Key","files":[{"key":"a/b.csv"}]}"#,
            "s3://bucket/a/b c.csv\n",
        ], words: ["s3://", "/", "null", "[]", "\n", "PARQUET"]
    ) { bytes in
        let inventory = try? ItemManifest(bytes, type: nil)
        let athena = try? ItemManifest(bytes, type: "ATHENA_DATA")
        return inventory != nil || athena != nil
    }

    // MARK: - Signatures

    private static let credential = "Credential=LHKEY/20261130/us-east-1/states/aws4_request"
    private static let authorization =
        "AWS4-HMAC-SHA256 \(credential), SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature="
        + String(repeating: "0a", count: 32)

    /// Signatures are read or refused, and none of them is right.
    static let signature = FuzzTarget(
        "signature", seeds: [authorization, authorization.replacing(", ", with: ",")],
        words: [
            "AWS4-HMAC-SHA256", "Credential=", "SignedHeaders=", "Signature=", ";", "/", ",", "host", "=",
            " ",
        ]
    ) { bytes in
        var headers = HTTPHeaders()
        headers.add("Host", "localhost")
        headers.add("Content-Type", "application/x-amz-json-1.0")
        headers.add("X-Amz-Date", "20261130T120000Z")
        headers.add("X-Amz-Target", "AWSStepFunctions.ListStateMachines")
        headers.add("Authorization", String(decoding: bytes, as: UTF8.self))
        let request = HTTPRequest(method: "POST", path: "/", segments: [], headers: headers)
        let now = Timestamp(milliseconds: 1_796_040_000_000)
        guard let check = try? AWSSignatureCheck(of: request, for: "states", at: now) else { return false }
        do {
            try check.check(body: Array("{}".utf8), secret: "secret")
        } catch {
            return true
        }
        throw Broken(description: "accepts a signature that no key has made")
    }
}

/// An execution whose tasks succeed and fail in turn. Its snapshot is read from its parts before each step.
private struct FuzzedRun {
    private let interpreter: Interpreter
    private var snapshot: ExecutionSnapshot
    private var stored: [String: JSONText] = [:]
    private var events: [ExecutionEvent] = [.started]
    private var lastEvent = 0
    private var ends = 0
    private var time: Int64 = 1_796_040_000_000

    private static let maxSteps = 60

    init(_ machine: StateMachine, input: String) {
        interpreter = Interpreter(machine, settings: InterpreterSettings(maxHistoryEvents: 300))
        let arn = "arn:aws:states:us-east-1:000000000000"
        snapshot = ExecutionSnapshot(
            ExecutionInfo(
                arn: "\(arn):execution:m:e", name: "e", stateMachineARN: "\(arn):stateMachine:m",
                stateMachineName: "m",
                roleARN: "arn:aws:iam::000000000000:role/r", input: JSONText(validated: Array(input.utf8)),
                startTime: time))
    }

    mutating func run() throws {
        for number in 0..<FuzzedRun.maxSteps where ends == 0 {
            let due = events
            events = []
            time += 1000
            if !stored.isEmpty { snapshot = try ExecutionSnapshot(parts: stored) }
            let result = interpreter.step(&snapshot, due, at: EventMoment(time: time, seed: UInt64(number)))
            result.changes.apply(to: &stored)
            try expect(snapshot.parts == stored, "the changes are not those of the snapshot")
            for event in result.history {
                lastEvent += 1
                try expect(
                    event.id == lastEvent && event.previousID < event.id,
                    "event \(event.id) after \(lastEvent - 1)")
            }
            for command in result.commands { perform(command, number) }
            if events.isEmpty, !snapshot.hasWork { return }
        }
        try expect(ends <= 1, "ends \(ends) times")
    }

    private mutating func perform(_ command: ExecutionCommand, _ number: Int) {
        switch command {
        case .startTask(let start):
            let output = JSONText(validated: Array(#"{"a":[1,2],"Payload":{"n":1}}"#.utf8))
            events.append(.task(id: start.id, .started(worker: nil)))
            events.append(
                .task(
                    id: start.id,
                    number % 3 == 1 ? .failed(StateError(name: "E", cause: "c")) : .succeeded(output: output))
            )
        case .startTimer(let id, _): events.append(.timer(id: id))
        case .readItems(let read):
            events.append(.mapRun(id: read.mapRun, .items([.bool(true)], isLast: true)))
        case .startChildren(let id, let starts):
            for start in starts {
                let isFailure = start.index % 3 == 2
                let result = isFailure ? ChildResult.failed : .succeeded(output: start.input)
                events.append(.mapRun(id: id, .childEnded(index: start.index, result)))
            }
        case .writeResults(let write):
            events.append(.mapRun(id: write.mapRun, .resultsWritten(details: .null)))
        case .end: ends += 1
        default: break
        }
    }
}
