internal import LonghaulJSON

extension Turn {
    /// Starts a map run.
    mutating func runMapRun(_ frame: StateFrame, _ map: MapState) throws(StateFailure) {
        var source: (items: [StateValue], input: StateValue) = ([], frame.input)
        if map.reader == nil {
            source = try mapSource(frame, map)
        } else if !frame.isJSONata {
            source.input = try inputPathValue(frame)
        }
        var inner = frame
        inner.input = source.input
        let settings = try mapRunSettings(inner, map)
        let read = try itemRead(inner, map)
        record(.mapStateStarted, .length(source.items.count), in: frame.id)
        let label = map.label ?? random.uuid()
        let arn = snapshot.info.mapRunARN(label: label, id: random.uuid())
        record(.mapRunStarted, .mapRun(arn: arn), in: frame.id)
        var run = MapRun(
            arn: arn, input: source.input,
            maxConcurrency: settings.concurrency, tolerance: settings.tolerance, batch: settings.batch,
            collectsResults: map.writer?.resource == nil)
        if map.reader == nil { run.add(source.items) }
        run.phase = read == nil ? .running : .reading
        snapshot.mapRuns[frame.id] = run
        snapshot.changed.formUnion([.mapRun(frame.id), .mapInput(frame.id), .page(frame.id, 0)])
        update(frame.id) { $0.activity = .mapRun }
        commands.append(
            .startMapRun(
                MapRunStart(
                    id: frame.id, arn: arn, state: frame.state.name, block: map.block,
                    isExpress: map.isExpress, maxConcurrency: settings.concurrency,
                    toleratedCount: settings.tolerance.count ?? 0,
                    toleratedPercentage: settings.tolerance.percentage ?? 0)))
        begin(frame.id, read)
    }

    /// Reads the items of a map run, or starts its children.
    private mutating func begin(_ id: Int, _ read: ItemRead?) {
        guard let read else { return advanceMapRun(id) }
        if let limit = read.maxItems, limit < 0 {
            return failMapRun(id, ErrorName.itemReaderFailed, "field MaxItems must be positive")
        }
        commands.append(.readItems(read))
    }

    private struct MapRunSettings {
        let concurrency: Int
        let tolerance: MapRun.Tolerance
        let batch: MapRun.Batch?
    }

    private func mapRunSettings(
        _ frame: StateFrame, _ map: MapState
    ) throws(StateFailure) -> MapRunSettings {
        let count = try integer(map.toleratedCount, "ToleratedFailureCount", frame)
        let percentage = try number(map.toleratedPercentage, "ToleratedFailurePercentage", frame)
        var batch: MapRun.Batch?
        if let batcher = map.batcher {
            let input = try batcher.input.map { template throws(StateFailure) in
                try evaluate(template, frame)
            }
            batch = MapRun.Batch(
                input: input,
                maxItems: try integer(batcher.maxItems, "ItemBatcher/MaxItemsPerBatch", frame),
                maxBytes: try integer(batcher.maxBytes, "ItemBatcher/MaxInputBytesPerBatch", frame))
        }
        return MapRunSettings(
            concurrency: try integer(map.maxConcurrency, "MaxConcurrency", frame) ?? 0,
            tolerance: MapRun.Tolerance(count: count, percentage: percentage?.double), batch: batch)
    }

    private func itemRead(_ frame: StateFrame, _ map: MapState) throws(StateFailure) -> ItemRead? {
        guard let reader = map.reader else { return nil }
        let parameters = try reader.parameters.map { template throws(StateFailure) in
            try evaluate(template, frame)
        }
        let limit = try integer(reader.maxItems, "ItemReader/ReaderConfig/MaxItems", frame)
        return ItemRead(
            mapRun: frame.id, resource: reader.resource,
            parameters: (parameters ?? .object(StateObject())).json, format: reader.format,
            maxItems: limit == 0 ? nil : limit)
    }

    private mutating func updateMapRun(_ id: Int, _ change: (inout MapRun) -> Void) {
        guard let index = snapshot.mapRuns.index(forKey: id) else { return }
        change(&snapshot.mapRuns.values[index])
        snapshot.changed.insert(.mapRun(id))
    }

    /// Handles a report on a map run.
    mutating func handleMapRun(_ id: Int, _ report: MapRunReport) {
        guard let branch = snapshot.branches[id], !branch.isHalted, let run = snapshot.mapRuns[id] else {
            return
        }
        switch report {
        case .items(let items, let isLast):
            guard run.phase == .reading else { return }
            snapshot.changed.insert(.page(id, run.pages.count))
            updateMapRun(id) {
                $0.add(items)
                if isLast { $0.phase = .running }
            }
            ready.append(.advance(branch: id, after: 0))
        case .readFailed(let cause): failMapRun(id, ErrorName.itemReaderFailed, cause)
        case .childEnded(let index, let result): endChild(id, index, result)
        case .resultsWritten(let details): succeedMapRun(id, writer: details)
        case .writeFailed(let cause): failMapRun(id, ErrorName.resultWriterFailed, cause)
        case .updated(let update): self.update(id, update)
        }
    }

    private mutating func update(_ id: Int, _ update: MapRunUpdate) {
        updateMapRun(id) { run in
            run.maxConcurrency = update.maxConcurrency ?? run.maxConcurrency
            run.tolerance.count = update.toleratedCount ?? run.tolerance.count
            run.tolerance.percentage = update.toleratedPercentage ?? run.tolerance.percentage
        }
        ready.append(.advance(branch: id, after: 0))
    }

    private mutating func endChild(_ id: Int, _ index: Int, _ result: ChildResult) {
        guard let count = snapshot.mapRuns[id]?.running[index] else { return }
        updateMapRun(id) { run in
            run.running[index] = nil
            guard case .succeeded(let output) = result else {
                run.failedItems += count
                run.unsuccessful[index] = count
                return
            }
            guard run.collectsResults else { return }
            run.resultBytes += output.bytes.count + 1
            run.results[index] = (try? StateValue(output)) ?? .null
        }
        snapshot.changed.formUnion([.result(group: id, index: index), .child(id, index)])
        ready.append(.advance(branch: id, after: 0))
    }

    /// Starts further children, or ends the map run.
    mutating func advanceMapRun(_ id: Int) {
        guard let run = snapshot.mapRuns[id], run.phase != .writing else { return }
        let isRead = run.phase == .running
        if isRead, run.tolerance.isExceeded(by: run.failedItems, of: run.total) {
            let cause = "The specified tolerated failure threshold was exceeded"
            return failMapRun(id, ErrorName.toleranceExceeded, cause)
        }
        if run.collectsResults, run.resultBytes > settings.maxDataBytes {
            let state = snapshot.branches[id]?.state.map { machine.states[$0].name } ?? ""
            return failMapRun(id, .tooLarge(state))
        }
        guard startChildren(id) else { return }
        if isRead, let run = snapshot.mapRuns[id], run.pendingCount == 0, run.running.isEmpty {
            completeMapRun(id, run)
        }
    }

    private mutating func completeMapRun(_ id: Int, _ run: MapRun) {
        guard !run.collectsResults, let index = snapshot.branches[id]?.state,
            case .map(let map) = machine.states[index].kind, let writer = map.writer,
            let resource = writer.resource, let branch = snapshot.branches[id]
        else { return succeedMapRun(id, writer: nil) }
        var frame = StateFrame(id: id, branch: branch, state: machine.states[index])
        frame.input = run.input
        do {
            let parameters = try writer.parameters.map { template throws(StateFailure) in
                try evaluate(template, frame)
            }
            updateMapRun(id) { $0.phase = .writing }
            commands.append(
                .writeResults(
                    ResultWrite(
                        mapRun: id, resource: resource,
                        parameters: (parameters ?? .object(StateObject())).json,
                        transformation: writer.transformation, outputType: writer.outputType)))
        } catch {
            commands.append(.cancelMapRun(id: id))
            fail(id, error)
        }
    }

    private mutating func succeedMapRun(_ id: Int, writer details: StateValue?) {
        guard let run = snapshot.mapRuns[id] else { return }
        record(.mapRunSucceeded, in: id)
        // The exit follows the end of the run, although the success of the state is recorded in between.
        record(.mapStateSucceeded, after: snapshot.branches[id]?.lastEvent ?? 0)
        let result: StateValue =
            if let details {
                .members([("MapRunArn", .string(run.arn)), ("ResultWriterDetails", details)])
            } else {
                .array(run.results.sorted { $0.key < $1.key }.map(\.value))
            }
        dropGroup(id)
        commands.append(.endMapRun(id: id, .succeeded))
        ready.append(.succeed(branch: id, result: result))
    }

    private mutating func failMapRun(_ id: Int, _ name: String, _ cause: String) {
        failMapRun(id, StateError(name: name, cause: cause))
    }

    private mutating func failMapRun(_ id: Int, _ error: StateError) {
        record(.mapRunFailed, .failure(error), in: id)
        if snapshot.mapRuns[id]?.running.isEmpty == false { commands.append(.cancelMapRun(id: id)) }
        commands.append(.endMapRun(id: id, .failed))
        failState(id, error, .work)
    }
}
