import LonghaulClient
import LonghaulCore
import LonghaulJSON
import LonghaulWebhooks

extension Commands {
    static let webhooks = Command(
        name: "webhooks",
        summary: "Lists webhook deliveries, sends one again, or prints a signing secret.",
        arguments: [
            Argument(
                name: "ACTION", help: "list (default), redeliver, secret or new-secret.", isRequired: false),
            Argument(
                name: "JOB", help: "The job whose deliveries are listed, or to which the delivery belongs.",
                isRequired: false),
            Argument(name: "DELIVERY", help: "The delivery to send again.", isRequired: false),
        ],
        options: [Options.deliveryState, Options.deliveryLimit, Options.json] + Options.client,
        notes: [
            "list without JOB shows the failed deliveries of all jobs, or those in another --state.",
            "secret prints the secret of the server's store, which signs webhooks if the server has no "
                + "--webhook-secret-file. It needs a key with the scope admin.",
            "new-secret prints a secret for --webhook-secret-file and calls no server.",
        ]
    ) { invocation in
        let asJSON = try invocation.value(Options.json)
        switch invocation.argument(0) {
        case "", "list": try await listDeliveries(invocation, asJSON: asJSON)
        case "redeliver":
            let job = try invocation.read(1, as: .jobID)
            let id = try invocation.read(2, as: .jobID)
            let delivery = try await invocation.withClient { try await $0.redeliver(id, of: job) }
            if asJSON { try Console.print(json: delivery) } else { try Console.print("\(id) is due now") }
        case "secret":
            try Console.print(try await invocation.withClient { try await $0.defaultWebhookSecret() })
        case "new-secret": try Console.print(WebhookSecret().text)
        case let name:
            throw UsageError(
                "ACTION: expected list, redeliver, secret or new-secret, got \"\(name)\"",
                command: invocation.command.name)
        }
        return .done
    }

    private static func listDeliveries(_ invocation: Invocation, asJSON: Bool) async throws {
        let job = invocation.arguments.count > 1 ? try invocation.read(1, as: .jobID) : nil
        let state = try invocation.value(Options.deliveryState)
        let limit = try invocation.value(Options.deliveryLimit)
        if job != nil, state != nil {
            throw UsageError("JOB and --state exclude each other", command: invocation.command.name)
        }
        let found = try await invocation.withClient { client in
            var found: [WebhookDelivery] = []
            var cursor: JobID?
            repeat {
                let count = min(500, limit - found.count)
                let page =
                    if let job {
                        try await client.deliveries(of: job, after: cursor, limit: count)
                    } else {
                        try await client.deliveries(in: state ?? .failed, after: cursor, limit: count)
                    }
                found += page.deliveries
                cursor = page.next
            } while cursor != nil && found.count < limit
            return found
        }
        if asJSON {
            return try Console.print(jsonItems: { writer in
                for delivery in found { writer.element(delivery) }
            })
        }
        var table = Table([
            .init(title: "ID"), .init(title: "JOB"), .init(title: "TYPE"), .init(title: "STATE"),
            .init(title: "ATTEMPTS", isNumber: true), .init(title: "NEXT"), .init(title: "LAST ERROR"),
        ])
        try Console.print(table.lines(found.map(row)).joined(separator: "\n"))
    }

    private static func row(_ delivery: WebhookDelivery) -> [Table.Cell] {
        [
            .init(delivery.id.description), .init(delivery.jobID.description),
            .init(delivery.event.rawValue), .init(delivery.isClaimed ? "sending" : delivery.state.rawValue),
            .init("\(delivery.attemptCount)"), .init(delivery.dueAt?.description ?? "-"),
            .init(delivery.attempts.last?.error ?? "-"),
        ]
    }
}
