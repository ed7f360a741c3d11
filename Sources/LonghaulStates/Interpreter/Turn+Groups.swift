extension Turn {
    /// Starts the branches of a Parallel state.
    mutating func runParallel(_ frame: StateFrame, _ blocks: [Int]) throws(StateFailure) {
        let input = try effectiveInput(frame)
        record(.parallelStateStarted, in: frame.id)
        startGroup(
            frame,
            BranchGroup(
                blocks: blocks, items: nil, count: blocks.count, maxConcurrency: blocks.count, input: input))
    }

    /// Starts the iterations of an inline map.
    mutating func runInlineMap(_ frame: StateFrame, _ map: MapState) throws(StateFailure) {
        let source = try mapSource(frame, map)
        let limit = try integer(map.maxConcurrency, "MaxConcurrency", frame) ?? 0
        let concurrency =
            limit > 0 ? min(limit, settings.maxInlineConcurrency) : settings.maxInlineConcurrency
        record(.mapStateStarted, .length(source.items.count), in: frame.id)
        startGroup(
            frame,
            BranchGroup(
                blocks: [map.block], items: source.items, count: source.items.count,
                maxConcurrency: concurrency, input: source.input))
    }

    private mutating func startGroup(_ frame: StateFrame, _ group: BranchGroup) {
        snapshot.groups[frame.id] = group
        snapshot.changed.insert(.group(frame.id))
        snapshot.changed.insert(.items(frame.id))
        update(frame.id) { $0.activity = .group }
        advance(frame.id, after: snapshot.branches[frame.id]?.lastEvent ?? 0)
    }

    /// Starts further branches, or ends the group if there are none left.
    mutating func advance(_ owner: Int, after event: Int) {
        guard snapshot.mapRuns[owner] == nil else { return advanceMapRun(owner) }
        guard let group = snapshot.groups[owner], let branch = snapshot.branches[owner],
            let index = branch.state
        else { return }
        if group.isComplete { return endGroup(owner, group, after: event) }
        let frame = StateFrame(id: owner, branch: branch, state: machine.states[index])
        let input = group.isMap ? nil : Payload(group.input)
        while let group = snapshot.groups[owner], group.next < group.count,
            group.active.count < group.maxConcurrency
        {
            do {
                try startBranch(frame, group, input, after: event)
            } catch {
                abortBranches(of: owner, after: event, except: nil)
                return fail(owner, error)
            }
        }
    }

    private mutating func startBranch(
        _ frame: StateFrame, _ group: BranchGroup, _ input: Payload?, after event: Int
    ) throws(StateFailure) {
        let index = group.next
        var previous = event
        let payload: Payload
        if let items = group.items {
            payload = Payload(try selectItem(frame, items[index], index, from: group.input))
            previous = record(
                .mapIterationStarted, .iteration(name: frame.state.name, index: index), after: event)
        } else {
            payload = input ?? Payload(group.input)
        }
        let block = group.blocks[group.isMap ? 0 : index]
        var branch = Branch(owner: frame.id, index: index, block: block, lastEvent: previous, input: payload)
        branch.sharesInput = !group.isMap
        let id = addBranch(branch)
        updateGroup(frame.id) {
            $0.next = index + 1
            $0.active[index] = id
        }
    }

    private mutating func updateGroup(_ owner: Int, _ change: (inout BranchGroup) -> Void) {
        guard let index = snapshot.groups.index(forKey: owner) else { return }
        change(&snapshot.groups.values[index])
        snapshot.changed.insert(.group(owner))
    }

    /// Takes the output of a branch that has ended, and starts what its group has left.
    mutating func endIteration(_ branch: Branch, of owner: Int, output: StateValue) {
        updateGroup(owner) {
            $0.active[branch.index] = nil
            $0.results[branch.index] = output
        }
        snapshot.changed.insert(.result(group: owner, index: branch.index))
        var last = branch.lastEvent
        if let details = iterationDetails(branch, owner) {
            let event = record(.mapIterationSucceeded, details, after: last)
            if snapshot.groups[owner]?.isComplete == true { last = event }
        }
        advance(owner, after: last)
    }

    private mutating func endGroup(_ owner: Int, _ group: BranchGroup, after event: Int) {
        record(group.isMap ? .mapStateSucceeded : .parallelStateSucceeded, after: event)
        update(owner) { $0.lastEvent = event }
        dropGroup(owner)
        ready.append(.succeed(branch: owner, result: group.output))
    }

    /// The details of an iteration's events; nil for the branch of a Parallel state.
    func iterationDetails(_ branch: Branch, _ owner: Int) -> HistoryDetails? {
        guard snapshot.groups[owner]?.isMap == true, let state = snapshot.branches[owner]?.state else {
            return nil
        }
        return .iteration(name: machine.states[state].name, index: branch.index)
    }

    /// Stops the branches of a group, in their order.
    mutating func abortBranches(of owner: Int, after event: Int, except failed: Int?) {
        guard let group = snapshot.groups[owner] else { return }
        for (_, id) in group.active.sorted(by: { $0.key < $1.key }) where id != failed {
            guard let branch = snapshot.branches[id] else { continue }
            if let details = iterationDetails(branch, owner) {
                record(.mapIterationAborted, details, after: event)
            }
            abort(id, after: event)
        }
    }

    /// Stops a branch. It stays in the snapshot, for a redrive.
    mutating func abort(_ id: Int, after event: Int) {
        guard let branch = snapshot.branches[id], !branch.isHalted else { return }
        release(branch)
        update(id) { $0.activity = .halted }
        if let index = branch.state, let type = HistoryEventType.aborted(machine.states[index].kind) {
            record(type, after: event)
        }
        if snapshot.mapRuns[id] != nil {
            commands.append(.cancelMapRun(id: id))
            record(.mapRunAborted, after: event)
        }
        abortBranches(of: id, after: event, except: nil)
    }

    /// Drops what a branch waits for.
    mutating func release(_ branch: Branch) {
        for timer in branch.timers { cancelTimer(timer) }
        if case .task(let task) = branch.activity, snapshot.taskOwners.removeValue(forKey: task.id) != nil {
            commands.append(.cancelTask(id: task.id))
        }
    }

    /// Removes a group with its branches, or a map run.
    mutating func dropGroup(_ owner: Int) {
        dropMapRun(owner)
        guard let group = snapshot.groups.removeValue(forKey: owner) else { return }
        snapshot.changed.formUnion([.group(owner), .items(owner)])
        for index in group.results.keys { snapshot.changed.insert(.result(group: owner, index: index)) }
        for id in group.active.values {
            if let branch = snapshot.branches[id] { release(branch) }
            dropGroup(id)
            removeBranch(id)
        }
    }

    private mutating func dropMapRun(_ id: Int) {
        guard let run = snapshot.mapRuns.removeValue(forKey: id) else { return }
        snapshot.changed.formUnion([.mapRun(id), .mapInput(id)])
        for page in run.pages.indices { snapshot.changed.insert(.page(id, page)) }
        for index in run.results.keys { snapshot.changed.insert(.result(group: id, index: index)) }
        for index in run.running.keys { snapshot.changed.insert(.child(id, index)) }
        for index in run.unsuccessful.keys { snapshot.changed.insert(.child(id, index)) }
    }

    mutating func removeBranch(_ id: Int) {
        snapshot.branches[id] = nil
        snapshot.changed.insert(.branch(id))
    }
}
