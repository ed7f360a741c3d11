import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// The checks of executions at the end of a run: each name has one execution, each task has one end, no report of a caller is
/// lost, and nothing is left of an execution that was removed.
struct ExecutionChecks {
    let world: World
    let caller: ExecutionCaller
    private var auditor: Auditor { world.auditor }

    func check(_ store: any JobStore) async throws {
        let executions = auditor.jobs.filter { $0.value.spec.kind == JobSpec.executionKind }
        var names: [JobID: String] = [:]
        for record in try await store.records(RecordRange(.execution, limit: 1000)) {
            guard let id = JobID(String(record.value.description.dropFirst().dropLast())) else { continue }
            names[id] = record.key.name
        }
        for (id, model) in executions.sorted(by: { $0.key < $1.key }) {
            if model.isRemoved {
                try await checkRemoval(of: id, names[id], store)
            } else {
                if names[id] == nil { auditor.report("\(auditor.name(id)) has no record of its name") }
                try await check(id, store)
            }
        }
        for (name, id) in caller.started.sorted(by: { $0.key < $1.key }) where executions[id] == nil {
            auditor.report("the execution \(name) was started, but no job was stored")
        }
    }

    private func checkRemoval(of id: JobID, _ name: String?, _ store: any JobStore) async throws {
        if let name { auditor.report("\(auditor.name(id)) was removed, but its name \(name) was not") }
        for space in RecordSpace.allCases {
            let records = try await store.records(RecordRange(space, of: id, limit: 1))
            if let record = records.first {
                auditor.report("\(auditor.name(id)) was removed, but has a record \(record.key.name)")
            }
        }
    }

    private func check(_ id: JobID, _ store: any JobStore) async throws {
        let name = auditor.name(id)
        let records = try await store.records(RecordRange(.event, of: id, limit: 10_000))
        let expected = (0..<records.count).map { ExecutionAdvance.eventName($0 + 1) }
        if records.map(\.key.name) != expected { auditor.report("the history of \(name) has gaps") }
        let events = records.map { String($0.value.description.dropFirst().dropLast()) }
        let state = auditor.jobs[id]?.state
        for event in Set(events) where event.hasPrefix("start ") {
            let task = event.dropFirst("start ".count)
            let ends = events.count { $0 == "end \(task)" }
            let starts = events.count { $0 == event }
            if starts != 1 || ends > 1 { auditor.report("the task \(task) of \(name) ended \(ends) times") }
            if ends == 0, !events.contains("stop"), state == .completed {
                auditor.report("the task \(task) of \(name) has no end")
            }
        }
        if !events.contains("stop") {
            for task in caller.reported[id] ?? [] where !events.contains("end \(task)") && state == .completed
            {
                auditor.report("\(name) lost a report on the task \(task)")
            }
        }
        if state == .completed {
            let result = try await store.job(id)?.result
            if result?.description != "\(events.count)" || events.last != "complete" {
                auditor.report("\(name) has another result than its last step stored")
            }
        }
    }
}
