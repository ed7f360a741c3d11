import Foundation
import LonghaulConformance
import LonghaulCore
import LonghaulPostgres
import LonghaulStore
import LonghaulTestServers

/// A schema on the shared server for one test.
struct TemporaryDatabase: StorePlace {
    let server: PostgresServer
    let schema = "t" + UUID().uuidString.lowercased().filter { $0 != "-" }
    let ids = JobIDGenerator(time: SystemTime(), random: SystemRandom())

    init(on server: PostgresServer? = nil) throws {
        self.server = try server ?? PostgresServer.shared.get()
    }

    /// A store in the schema, which may reach the database through a proxy.
    func open(
        time: (any TimeSource)? = nil, random: any RandomSource = SystemRandom(), isPooled: Bool = false,
        isCounting: Bool = true, laneSeconds: Double = 60, through proxy: PostgresProxy? = nil
    ) async throws -> Store<PostgresDriver> {
        let options = PostgresStoreOptions(
            schema: schema, readers: 1, isPooled: isPooled, isCounting: isCounting,
            laneSeconds: laneSeconds)
        // The sessions have the name of the schema, so that a test can find them.
        let url = (proxy?.url ?? server.url) + "?application_name=\(schema)"
        return try await PostgresStore.openDriver(url: url, options: options, time: time, random: random)
    }

    /// Runs SQL on another connection, as another program would. Returns the output.
    @discardableResult
    func query(_ sql: String) throws -> String {
        try server.query(sql)
    }

    func openStore() async throws -> any JobStore {
        try await open()
    }
}
