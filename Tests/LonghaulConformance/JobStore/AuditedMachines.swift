import LonghaulCore
import LonghaulJSON
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    private static let machine = RecordKey(.machine, "m")

    static let auditedMachines: [Case] = [
        Case("changes of state machines and activities have audit records") { t in
            let activity = RecordKey(.activity, "a")
            try await t.put(machine, "0")
            #expect(try await t.records().isEmpty)
            try await t.by {
                try await t.put(machine, "1")
                // A write that changes nothing.
                try await t.put(machine, "1")
                try await t.put(activity, "1")
                try await t.put(RecordKey(.revision, "r"), "1")
                _ = try await t.store.write(
                    [RecordWrite(activity, nil), RecordWrite(machine, nil)], starting: nil)
                _ = try await t.store.write([RecordWrite(machine, nil)], starting: nil)
            }
            let entries = try await t.records().map(\.entry)
            #expect(entries.map(\.action) == [.setMachine, .setActivity, .deleteMachine, .deleteActivity])
            #expect(entries.map(\.subjects) == [["m"], ["a"], ["m"], ["a"]])
            #expect(entries[0].before == json("0") && entries[0].after == json("1"))
            #expect(entries[2].before == json("1") && entries[2].after == nil)
            #expect(entries.allSatisfy { $0.source.caller == "boss" })
        },
        Case("one call has one audit record for each type of change") { t in
            try await t.by {
                let writes = [
                    RecordKey(.version, "v1"), machine, RecordKey(.version, "v2"), RecordKey(.alias, "x"),
                ]
                _ = try await t.store.write(writes.map { RecordWrite($0, json("1")) }, starting: nil)
                let refused = [RecordWrite(machine, nil, if: .absent)]
                #expect(try await t.store.write(refused, starting: nil) == .conflict(machine))
            }
            let entries = try await t.records().map(\.entry)
            #expect(entries.map(\.action) == [.setMachine, .setMachineVersion, .setMachineAlias])
            #expect(entries[1].subjects == ["v1", "v2"] && entries[1].count == 2 && entries[1].after == nil)
        },
        Case("a stop and a redrive of an execution have audit records, its start has none") { t in
            let (id, token) = try await t.by { try await t.started() }
            try await t.by {
                try await t.store.report(.stop(error: nil, cause: nil), to: id)
                try await t.store.report(.stop(error: nil, cause: nil), to: id)
            }
            try await t.leave(token, .cancel(JobError(type: "E", message: "C")))
            try await t.by { try await t.store.report(.redrive, to: id) }
            let entries = try await t.records().map(\.entry)
            #expect(entries.map(\.action) == [.stopExecution, .redriveExecution])
            #expect(entries.allSatisfy { $0.subjects == [id.description] })
        },
    ]
}
