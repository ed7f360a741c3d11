// The worker of the durable jobs in the examples. LONGHAUL_SERVER is the address of the server, ORDER_FOLDER and
// REPORT_FOLDER are folders that stand for other systems.
import Foundation
import LonghaulClient
import LonghaulWorkflow
import MonthlyReport
import OrderProcess
import VideoPipeline

/// Files that stand for other systems.
struct FileSystems: OrderSystems {
    let folder: URL

    func record(_ change: String, in system: String) async throws {
        let file = folder.appending(path: system)
        if !FileManager.default.fileExists(atPath: file.path) { try Data().write(to: file) }
        let handle = try FileHandle(forWritingTo: file)
        defer { try? handle.close() }
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("\(change)\n".utf8))
    }
}

let variables = ProcessInfo.processInfo.environment
let server = variables["LONGHAUL_SERVER"] ?? "http://127.0.0.1:8080"
let orders = URL(filePath: variables["ORDER_FOLDER"] ?? "orders")
let reports = URL(filePath: variables["REPORT_FOLDER"] ?? "reports")

let client = try LonghaulClient(server: server)
let configuration = WorkerConfiguration(queues: [("orders", 8), ("reports", 8), ("pipelines", 8)])
let worker = Worker(
    configuration: configuration, gateway: client,
    handlers: [
        .durable(OrderProcess(systems: FileSystems(folder: orders), server: server)),
        .durable(MonthlyReport(folder: reports)),
        .durable(VideoPipeline()),
    ])

// Returns after SIGTERM or SIGINT: running attempts may end, and other workers continue the jobs.
try await worker.run()
await client.shutdown()
