import LonghaulCore
import LonghaulJSON
import LonghaulWorker

/// Runs an attempt without a worker.
enum AttemptRun {
    enum End: Sendable {
        case completed(JSONText)
        case suspended
        case crashed
        case failed(any Error)
    }

    static func run(
        _ handler: Handler, _ lease: Lease, gateway: any WorkerGateway, time: any TimeSource
    ) async -> End {
        do {
            return .completed(try await handler.runAttempt(lease, gateway: gateway, time: time).result)
        } catch is AttemptSuspended {
            return .suspended
        } catch is ServerCrash {
            return .crashed
        } catch {
            return .failed(error)
        }
    }
}
