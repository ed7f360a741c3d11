import LonghaulClient
import LonghaulCore
import LonghaulJSON

extension Commands {
    static let health = Command(
        name: "health", summary: "Checks whether the server is ready: its store, queue and artifact store.",
        options: [Options.json] + Options.client
    ) { invocation in
        try await invocation.withClient { try await $0.checkReady() }
        if try invocation.value(Options.json) {
            try Console.print(jsonObject: { $0.field("status", "ready") })
        } else {
            try Console.print("ready")
        }
        return .done
    }
}
