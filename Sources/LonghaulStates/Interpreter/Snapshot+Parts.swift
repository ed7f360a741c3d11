internal import LonghaulJSON

extension ExecutionInfo {
    init(_ reader: PartReader) throws(SnapshotError) {
        self.init(
            arn: reader.text("arn") ?? "", name: reader.text("name") ?? "",
            stateMachineARN: reader.text("machineARN") ?? "", stateMachineName: reader.text("machine") ?? "",
            roleARN: reader.text("role") ?? "", versionARN: reader.text("version"),
            aliasARN: reader.text("alias"), input: reader.node["input"]?.text ?? .null,
            startTime: Int64(try reader.integer("start")), block: try reader.integer("block"),
            isExpress: reader.flag("express"))
    }
}

extension ExecutionSnapshot.Header {
    init(_ reader: PartReader) throws(SnapshotError) {
        let format = try reader.integer("format")
        guard format <= ExecutionSnapshot.formatVersion else {
            throw reader.error("has format \(format), which a later version of Longhaul wrote")
        }
        guard let status = reader.text("status").flatMap(ExecutionStatus.init(rawValue:)) else {
            throw reader.error("has no \"status\"")
        }
        self.status = status
        lastEvent = try reader.integer("event")
        nextBranch = try reader.integer("branch")
        nextTask = try reader.integer("task")
        nextTimer = try reader.integer("timer")
        redriveCount = reader.optionalInteger("redrives") ?? 0
        redriveTime = reader.optionalInteger("redriven").map { Int64($0) }
        timeoutTimer = reader.optionalInteger("timeout")
        for element in reader.elements("ready") { ready.append(try Continuation(element)) }
        if reader.node["output"] != nil { output = try reader.payload("output") }
        error = reader.nested("error").map { StateError($0) }
    }
}

extension StateError {
    init(_ reader: PartReader) {
        self.init(name: reader.text("error"), cause: reader.text("cause"))
    }
}

extension Continuation {
    init(_ reader: PartReader) throws(SnapshotError) {
        let branch = try reader.integer("branch")
        if reader.flag("begin") {
            self = .begin(branch: branch)
        } else if let state = reader.optionalInteger("enter") {
            self = .enter(branch: branch, state: state, input: try reader.payload("input"))
        } else if let result = reader.nested("result") {
            self = .succeed(branch: branch, result: result.value)
        } else if let error = reader.nested("error") {
            let cause = reader.text("cause").flatMap(Cause.init(rawValue:)) ?? .work
            self = .fail(branch: branch, StateError(error), cause)
        } else if let after = reader.optionalInteger("after") {
            self = .advance(branch: branch, after: after)
        } else {
            self = .run(branch: branch)
        }
    }
}

extension Branch {
    init(_ reader: PartReader) throws(SnapshotError) {
        self.init(
            owner: reader.optionalInteger("owner"), index: try reader.integer("index"),
            block: try reader.integer("block"), lastEvent: try reader.integer("event"),
            input: reader.node["input"] == nil ? Payload(.null) : try reader.payload("input"))
        sharesInput = reader.node["input"] == nil
        state = reader.optionalInteger("state")
        eventBeforeEntry = reader.optionalInteger("before") ?? 0
        entryEvent = reader.optionalInteger("entry") ?? 0
        entryTime = Int64(reader.optionalInteger("time") ?? 0)
        retries = reader.integers("retries")
        activity = try Activity(reader)
        for member in reader.node["variables"]?.members ?? [] {
            variables[member.key] = StateValue(member.value)
        }
    }
}

extension Branch.Activity {
    fileprivate init(_ reader: PartReader) throws(SnapshotError) {
        if let run = reader.nested("run") {
            self = .task(try TaskRun(run))
        } else if let timer = reader.optionalInteger("wait") {
            self = .wait(timer: timer)
        } else if let timer = reader.optionalInteger("retry") {
            self = .retry(timer: timer)
        } else if reader.flag("group") {
            self = .group
        } else if reader.flag("mapRun") {
            self = .mapRun
        } else {
            self = reader.flag("halted") ? .halted : .none
        }
    }
}

extension TaskRun {
    fileprivate init(_ reader: PartReader) throws(SnapshotError) {
        id = try reader.integer("id")
        limits = TaskLimits(
            timeoutSeconds: reader.optionalInteger("timeout"),
            heartbeatSeconds: reader.optionalInteger("heartbeat"), roleARN: reader.text("role"))
        isStarted = reader.flag("started")
        timeoutTimer = reader.optionalInteger("timeoutTimer")
        heartbeatTimer = reader.optionalInteger("heartbeatTimer")
        lastHeartbeat = Int64(reader.optionalInteger("alive") ?? 0)
    }
}

extension BranchGroup {
    init(_ reader: PartReader, items: PartReader) throws(SnapshotError) {
        blocks = reader.integers("blocks")
        count = try reader.integer("count")
        maxConcurrency = try reader.integer("concurrency")
        next = try reader.integer("next")
        input = items.nested("input")?.value ?? .null
        self.items = items.nested("items")?.value.array
        for pair in reader.node["active"]?.elements ?? [] {
            let numbers = pair.elements.compactMap { $0.int.map { Int($0) } }
            guard numbers.count == 2 else { throw reader.error("has no pairs in \"active\"") }
            active[numbers[0]] = numbers[1]
        }
    }
}

extension MapRun {
    init(_ reader: PartReader, input: StateValue) throws(SnapshotError) {
        arn = reader.text("arn") ?? ""
        self.input = input
        maxConcurrency = try reader.integer("concurrency")
        tolerance = Tolerance(
            count: reader.optionalInteger("tolerated"),
            percentage: reader.node["toleratedPercentage"]?.double)
        batch = reader.nested("batch").map { batch in
            Batch(
                input: batch.nested("input")?.value, maxItems: batch.optionalInteger("items"),
                maxBytes: batch.optionalInteger("bytes"))
        }
        collectsResults = reader.flag("collects")
        phase = reader.text("phase").flatMap(Phase.init(rawValue:)) ?? .running
        pages = Array(repeating: [], count: try reader.integer("pages"))
        page = try reader.integer("page")
        position = try reader.integer("position")
        pendingCount = try reader.integer("pending")
        itemsStarted = try reader.integer("itemsStarted")
        started = try reader.integer("started")
        failedItems = try reader.integer("failed")
        resultBytes = try reader.integer("bytes")
    }
}
