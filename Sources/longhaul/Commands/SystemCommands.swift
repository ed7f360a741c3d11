import LonghaulClient
import LonghaulCore
import LonghaulJSON

extension Commands {
    static let health = Command(
        name: "health", summary: "Checks whether the server is ready: its store, queue and artifact store.",
        options: [Options.live, Options.json] + Options.client
    ) { invocation in
        let isLiveOnly = try invocation.value(Options.live)
        try await invocation.withClient { client in
            try await isLiveOnly ? client.checkLive() : client.checkReady()
        }
        let status = isLiveOnly ? "live" : "ready"
        if try invocation.value(Options.json) {
            try Console.print(jsonObject: { $0.field("status", status) })
        } else {
            try Console.print(status)
        }
        return .done
    }
}
