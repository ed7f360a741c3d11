internal import LonghaulJSON

extension Turn {
    /// Starts children of a map run, as many as may run at the same time.
    ///
    /// - Returns: false if the map run has failed.
    mutating func startChildren(_ id: Int) -> Bool {
        guard let branch = snapshot.branches[id], let index = branch.state,
            let position = snapshot.mapRuns.index(forKey: id)
        else { return false }
        let frame = StateFrame(id: id, branch: branch, state: machine.states[index])
        let limit = snapshot.mapRuns.values[position].maxConcurrency
        let concurrency = limit > 0 ? min(limit, settings.maxChildConcurrency) : settings.maxChildConcurrency
        let firstPage = snapshot.mapRuns.values[position].page
        var starts: [ChildStart] = []
        do {
            while snapshot.mapRuns.values[position].running.count < concurrency,
                starts.isEmpty || !isLongEnough, let child = try nextChild(frame, position)
            {
                starts.append(child)
                recordedBytes += child.input.bytes.count + Turn.childBytes
            }
        } catch {
            commands.append(.cancelMapRun(id: id))
            commands.append(.endMapRun(id: id, .failed))
            // The children of this step were not started, so a redrive begins with a new map run.
            dropGroup(id)
            fail(id, error)
            return false
        }
        if !starts.isEmpty {
            for page in firstPage..<snapshot.mapRuns.values[position].page {
                snapshot.changed.insert(.page(id, page))
            }
            snapshot.changed.insert(.mapRun(id))
            commands.append(.startChildren(mapRun: id, starts))
            let run = snapshot.mapRuns.values[position]
            let hasMore = run.hasNextChild && run.running.count < concurrency
            if hasMore { ready.append(.advance(branch: id, after: 0)) }
        }
        return true
    }

    /// The next child of a map run; nil if no items are left, or too few of a batch are read yet.
    private mutating func nextChild(
        _ frame: StateFrame, _ position: Dictionary<Int, MapRun>.Index
    ) throws(StateFailure) -> ChildStart? {
        guard snapshot.mapRuns.values[position].hasNextChild else { return nil }
        let index = snapshot.mapRuns.values[position].started
        let source = snapshot.mapRuns.values[position].input
        let input: StateValue
        let count: Int
        if let batch = snapshot.mapRuns.values[position].batch {
            let items = try takeBatch(frame, position, batch, source)
            var object = StateObject()
            if let input = batch.input { object["BatchInput"] = input }
            object["Items"] = .array(items)
            input = .object(object)
            count = items.count
        } else {
            let number = snapshot.mapRuns.values[position].itemsStarted
            guard let item = snapshot.mapRuns.values[position].takeItem() else { return nil }
            input = try selectItem(frame, item, number, from: source)
            count = 1
        }
        snapshot.mapRuns.values[position].started += 1
        snapshot.mapRuns.values[position].running[index] = count
        snapshot.changed.insert(.child(frame.id, index))
        return ChildStart(index: index, name: random.uuid(), input: input.json)
    }

    /// Takes the items of a batch: at least one, and no more than the limits allow.
    private mutating func takeBatch(
        _ frame: StateFrame, _ position: Dictionary<Int, MapRun>.Index, _ batch: MapRun.Batch,
        _ input: StateValue
    ) throws(StateFailure) -> [StateValue] {
        var items: [StateValue] = []
        var bytes = batch.input?.json.bytes.count ?? 0
        while items.count < batch.maxItems ?? Int.max,
            let item = snapshot.mapRuns.values[position].nextItem
        {
            let number = snapshot.mapRuns.values[position].itemsStarted
            let selected = try selectItem(frame, item, number, from: input)
            bytes += selected.json.bytes.count + 1
            if !items.isEmpty, bytes > min(batch.maxBytes ?? Int.max, settings.maxDataBytes) { break }
            _ = snapshot.mapRuns.values[position].takeItem()
            items.append(selected)
        }
        return items
    }
}
