import LonghaulClient
import LonghaulCore
import LonghaulJSON

extension Commands {
    static let workers = Command(
        name: "workers", summary: "Lists the workers, or deregisters one.",
        arguments: [
            Argument(name: "ACTION", help: "list (default) or delete.", isRequired: false),
            Argument(name: "ID", help: "The worker to delete.", isRequired: false),
        ],
        options: [Options.json] + Options.client,
        notes: [
            "delete ends the leases of a worker that will not return, so that others get its jobs at once."
        ]
    ) { invocation in
        let asJSON = try invocation.value(Options.json)
        func fault(_ message: String) -> UsageError { UsageError(message, command: invocation.command.name) }
        switch invocation.argument(0) {
        case "", "list":
            guard invocation.arguments.count < 2 else { throw fault("list takes no ID") }
            let workers = try await invocation.withClient { try await $0.workers() }
            if asJSON {
                try Console.print(jsonItems: { writer in
                    for worker in workers { writer.object { WorkerText.write(worker, to: &$0) } }
                })
            } else {
                let lines = WorkerText.table(workers, showsIDs: true, at: SystemTime().now())
                try Console.print(lines.joined(separator: "\n"))
            }
        case "delete":
            let id = invocation.argument(1)
            guard !id.isEmpty else { throw fault("delete needs the ID of a worker") }
            try await invocation.withClient { try await $0.deleteWorker(id) }
            if asJSON {
                try Console.print(jsonObject: { $0.field("deleted", id) })
            } else {
                try Console.print("deleted \(id)")
            }
        case let name: throw fault("ACTION: expected list or delete, got \"\(name)\"")
        }
        return .done
    }
}
