import LonghaulConcurrency
import LonghaulCore
import LonghaulJSON
import LonghaulStates

/// What does not fit into a commit: requests of tasks, items and results of maps. It is in the stored state until it is done, so a
/// crash repeats it.
extension ExecutionRun {
    /// Does a part of the pending work, and adds the events that follow from it.
    mutating func performPendingWork() async throws {
        for (id, task) in state.tasks.sorted(by: { $0.key < $1.key }) where task.isPending {
            try await send(id, task)
        }
        for run in state.mapRuns.values.sorted(by: { $0.startTime < $1.startTime }) {
            if let read = run.read { try await readItems(run, read) }
            if let write = run.write { try await writeResults(run, write) }
            if run.mustCancel { try await cancelChildren(of: run) }
            if run.mustRedrive { try await redriveChildren(run) }
        }
    }

    // MARK: - Requests

    private mutating func send(_ id: Int, _ task: OpenTask) async throws {
        var task = task
        let answer = try await runner.repeating { [job, payload, task] in
            try await runner.service.request(
                task, id, caller: job.caller, parent: job.id, traceHeader: payload.traceHeader)
        }
        task.isPending = false
        task.isStarted = true
        task.parameters = .null
        events.append(.task(id: id, .started(worker: nil)))
        switch answer {
        case .succeeded(let output) where task.resource.pattern == .response:
            events.append(.task(id: id, .succeeded(output: output)))
            close(id)
        case .succeeded(let output):
            events.append(.task(id: id, .submitted(output: output)))
            if task.isCallback { task.jobID = nil }
            state.set(task, id)
        case .failed(let error):
            events.append(.task(id: id, .failed(error)))
            close(id)
        }
    }

    // MARK: - Items

    private mutating func readItems(_ run: OpenMapRun, _ read: ItemRead) async throws {
        let page: ItemPages.Page
        do {
            page = try await nextPage(run, read)
        } catch let error as ItemError {
            return failReading(run, error.description)
        } catch let error as MapObjectError {
            return failReading(run, error.message)
        }
        events.append(.mapRun(id: run.id, .items(page.items, isLast: page.isLast)))
        updateMapRun(run.id) { run in
            run.items += page.items.count
            if page.isLast { run.read = nil }
        }
        if page.isLast { readers[run.key] = nil }
    }

    private mutating func failReading(_ run: OpenMapRun, _ cause: String) {
        readers[run.key] = nil
        updateMapRun(run.id) { $0.read = nil }
        events.append(.mapRun(id: run.id, .readFailed(cause: cause)))
    }

    /// How often a page is read whose read may succeed later.
    private static let maxReads = 5

    private mutating func nextPage(_ run: OpenMapRun, _ read: ItemRead) async throws -> ItemPages.Page {
        guard let objects = runner.host.objects else {
            throw MapObjectError("This server has no objects")
        }
        var backoff = ExponentialBackoff(initialSeconds: 0.1, maxSeconds: 5)
        for attempt in 1... {
            do {
                let skipped = state.snapshot.itemsRead(byMapRun: run.id) ?? 0
                var pages = try readers[run.key] ?? ItemPages(read, objects, skipping: skipped)
                // A page that fails is read from the beginning of the source.
                readers[run.key] = nil
                let page = try await pages.next()
                readers[run.key] = pages
                return page
            } catch let error as MapObjectError where error.isTransient && attempt < ExecutionRun.maxReads {
                try await runner.time.sleep(seconds: backoff.next(random: runner.random.fraction()))
            }
        }
        throw MapObjectError("The source was not read")
    }

    // MARK: - Children

    /// Cancels the children of the map runs that have failed.
    mutating func cancelChildren() async throws {
        for run in state.mapRuns.values where run.mustCancel { try await cancelChildren(of: run) }
    }

    private mutating func cancelChildren(of run: OpenMapRun) async throws {
        let children = try await runner.children(of: token.jobID, run, isEnded: false, reading: .summary)
        batch.cancelledChildren += children.map(\.id)
        var run = run
        run.mustCancel = false
        state.set(run)
    }

    private mutating func redriveChildren(_ run: OpenMapRun) async throws {
        let ended = try await runner.children(of: token.jobID, run, isEnded: true, reading: .summary)
        for child in ended where child.state != .completed {
            do {
                try await runner.repeating { try await runner.store.report(.redrive, to: child.id) }
            } catch let error as LonghaulError where error.code == .conflict || error.code == .notFound {
                continue
            }
        }
        let counts = state.snapshot.counts(ofMapRun: run.id)
        updateMapRun(run.id) {
            $0.endRedrive(children: counts?.running.count ?? 0, items: counts?.runningItems ?? 0)
        }
        guard let running = counts?.running, !running.isEmpty else { return }
        let open = try await runner.children(of: token.jobID, run, isEnded: false, reading: .summary)
        if open.count < running.count { try await endChildren(run, running) }
    }

    /// Ends the children that the interpreter waits for and that do not run: those that succeeded after the map run had failed, and
    /// those whose jobs were removed.
    private mutating func endChildren(_ run: OpenMapRun, _ running: Set<Int>) async throws {
        let found = try await runner.childResults(of: token.jobID, run, indices: running)
        for index in running.subtracting(found.open).sorted() {
            let result = found.outputs[index].map { ChildResult.succeeded(output: $0) }
            endChild(index, ofMapRun: run.key, result ?? .failed)
        }
    }
}
