extension Turn {
    /// The context object.
    func context(_ frame: StateFrame) -> StateValue {
        if let fixedContext { return fixedContext }
        var context = StateObject()
        context["Execution"] = executionContext()
        let info = snapshot.info
        context["StateMachine"] = .members([
            ("Id", .string(info.stateMachineARN)), ("Name", .string(info.stateMachineName)),
        ])
        var state = StateObject()
        state["Name"] = .string(frame.state.name)
        state["EnteredTime"] = .string(Turn.text(ofTime: frame.branch.entryTime))
        if frame.state.kind.canRetry { state["RetryCount"] = .integer(frame.branch.retryCount) }
        context["State"] = .object(state)
        if let token = frame.token { context["Task"] = .members([("Token", .string(token))]) }
        if let item = frame.item ?? item(of: frame.branch) {
            context["Map"] = .members([
                ("Item", .members([("Index", .integer(item.index)), ("Value", item.value)]))
            ])
        }
        return .object(context)
    }

    private func executionContext() -> StateValue {
        let info = snapshot.info
        var execution = StateObject()
        execution["Id"] = .string(info.arn)
        execution["Input"] = snapshot.executionInput
        execution["StartTime"] = .string(Turn.text(ofTime: info.startTime))
        execution["Name"] = .string(info.name)
        execution["RoleArn"] = .string(info.roleARN)
        if !info.isExpress { execution["RedriveCount"] = .integer(snapshot.header.redriveCount) }
        if let time = snapshot.header.redriveTime {
            execution["RedriveTime"] = .string(Turn.text(ofTime: time))
        }
        return .object(execution)
    }

    /// The item of the innermost iteration that a branch is in.
    private func item(of branch: Branch) -> (index: Int, value: StateValue)? {
        var branch = branch
        while let owner = branch.owner, let outer = snapshot.branches[owner] {
            if let items = snapshot.groups[owner]?.items { return (branch.index, items[branch.index]) }
            branch = outer
        }
        return nil
    }

    /// A time as `2026-11-28T17:26:24.629Z`.
    static func text(ofTime milliseconds: Int64) -> String {
        let (days, rest) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        let inDay = rest < 0 ? rest + 86_400_000 : rest
        let date = civil(daysSince1970: rest < 0 ? days - 1 : days)
        let seconds = inDay / 1000
        let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { pad($0, 2) }
        let day = "\(pad(date.year, 4))-\(pad(date.month, 2))-\(pad(date.day, 2))"
        return "\(day)T\(clock.joined(separator: ":")).\(pad(inDay % 1000, 3))Z"
    }

    private static func pad(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// The date of a day, by Howard Hinnant's algorithm.
    private static func civil(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
        return (year, month < 10 ? month + 3 : month - 9, dayOfYear - (153 * month + 2) / 5 + 1)
    }
}
