import LonghaulJSON
import LonghaulStates

/// Replays one recorded case.
struct ReplayCase {
    let recorded: RecordedCase
    var settings = InterpreterSettings()

    /// Shapes that the interpreter alone can replay.
    static let shapes: Set<String> = ["history", "outputs", "sync", "teststate", "answers"]

    func run() throws -> HistoryGrade {
        if recorded.shape == "answers" { return try ReplayAnswer(recorded: recorded).run() }
        if recorded.shape == "teststate" { return try ReplayStateTest(recorded: recorded).run() }
        var machines: [String: (StateMachine, String)] = [:]
        var expected = recorded.expected[...]
        var grade = HistoryGrade.exact
        for call in recorded.calls {
            switch call.operation {
            case "CreateStateMachine":
                let machine = try StateMachine(parsing: call.input["definition"]?.string ?? "")
                let arn = call.output["stateMachineArn"]?.string ?? ""
                machines[arn] = (machine, call.input["roleArn"]?.string ?? "")
            case "StartExecution", "StartSyncExecution":
                guard let want = expected.popFirst() else { continue }
                let arn = call.input["stateMachineArn"]?.string ?? ""
                let name = arn.split(separator: "#").first.map(String.init) ?? arn
                guard let (machine, role) = machines[name] else {
                    throw Unification.Difference(description: "no machine \(arn)")
                }
                if try replay(call, machine, role: role, arn: name, want) == .loose { grade = .loose }
            default: break
            }
        }
        return grade
    }

    private func replay(
        _ call: RecordedCase.Call, _ machine: StateMachine, role: String, arn: String, _ want: StateValue
    ) throws -> HistoryGrade {
        let events = want["events"]?.array ?? []
        let info = info(call, role: role, machineARN: arn)
        var world = ReplayWorld(
            Interpreter(machine, settings: settings), info, outcomes: RecordedOutcomes(events), crashes: true)
        try world.run()
        let got = try world.history.map { event in
            var writer = JSONWriter()
            writer.element(event)
            return try StateValue(writer.text)
        }
        switch recorded.shape {
        case "history": return try HistoryComparison(free: recorded.free).compare(events, got)
        default:
            guard case .succeeded(let output) = world.end else {
                throw Unification.Difference(description: "ended with \(String(describing: world.end))")
            }
            var unification = Unification(free: recorded.free)
            let found = StateValue.string(output.description)
            try unification.unify(recorded.shape == "sync" ? want["output"] ?? .null : want, found)
            return .exact
        }
    }

    private func info(_ call: RecordedCase.Call, role: String, machineARN: String) -> ExecutionInfo {
        let arn = call.output["executionArn"]?.string ?? machineARN
        let machine = machineARN.split(separator: ":").last.map(String.init) ?? ""
        let input = Array((call.input["input"]?.string ?? "{}").utf8)
        return ExecutionInfo(
            arn: arn, name: name(arn),
            stateMachineARN: machineARN, stateMachineName: machine, roleARN: role,
            input: JSONText(validated: input), startTime: startTime(call.output["startDate"]?.string),
            isExpress: call.operation == "StartSyncExecution")
    }

    /// The name of an execution, which comes before the identifier of an Express execution.
    private func name(_ arn: String) -> String {
        let parts = arn.split(separator: ":").map(String.init)
        return parts.count > 7 ? parts[7 - (parts.contains("express") ? 0 : 1)] : parts.last ?? ""
    }

    /// Reads `2026-11-28 17:26:24.656794+00:00`.
    private func startTime(_ text: String?) -> Int64 {
        let iso = (text ?? "2026-11-28 00:00:00+00:00").split(separator: " ").joined(separator: "T")
        guard let stamp = StateTimestamp(iso) else { return 0 }
        return stamp.seconds * 1000 + Int64(stamp.nanoseconds / 1_000_000)
    }
}
