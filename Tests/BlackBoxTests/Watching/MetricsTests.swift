import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// `/metrics`, with the tools of Prometheus.
@Suite struct MetricsTests {
    private static let prometheus = "/usr/bin/prometheus"
    private static let promtool = "/usr/bin/promtool"
    private static func isInstalled(_ path: String) -> Bool {
        FileManager.default.isExecutableFile(atPath: path)
    }

    /// Runs a server, and causes every event that has a counter.
    ///
    /// - Parameter tls: whether the server has a certificate, and so the metrics of one.
    private func eventfulServer(tls: Bool = false) async throws -> TestServer {
        let server = try await tls ? secureServer() : TestServer()
        for _ in 0..<3 { _ = try await server.submit(#"{"kind": "mail.send", "queue": "mail"}"#) }
        let done = try #require(try await server.lease(queue: "mail"))
        _ = try await server.call("POST", "/v1/leases/\(done.token)/complete", "{}")
        _ = try await server.submit(#"{"kind": "bad", "queue": "broken", "max_attempts": 1}"#)
        let failed = try #require(try await server.lease(queue: "broken"))
        _ = try await server.call(
            "POST", "/v1/leases/\(failed.token)/fail",
            #"{"error": {"type": "odd\"type\\", "message": "m"}}"#)
        _ = try await server.call("PUT", "/v1/queues/full", #"{"max_depth": 0}"#)
        #expect(try await server.call("POST", "/v1/jobs", #"{"kind": "a", "queue": "full"}"#).status == 503)
        #expect(try await server.call("POST", "/v1/jobs", #"{"kind": ""}"#).status == 400)
        return server
    }

    private func secureServer() async throws -> TestServer {
        let folder = try TemporaryFolder()
        let authority = try await TestAuthority(in: folder)
        let identity = try await authority.issue("server")
        return try await TestServer(
            "serve", in: folder, ["--tls-cert", identity.certificate, "--tls-key", identity.key],
            trust: .systemAnd(file: authority.path))
    }

    private static let expected = [
        #"longhaul_store_up 1"#,
        #"longhaul_queue_depth{queue="mail"} 2"#,
        #"longhaul_queue_depth{queue="broken"} 0"#,
        #"longhaul_queue_oldest_pending_seconds{queue="broken"} 0"#,
        #"longhaul_jobs{queue="mail",state="pending"} 2"#,
        #"longhaul_jobs{queue="mail",state="completed"} 1"#,
        #"longhaul_jobs_submitted_total{queue="mail",kind="mail.send"} 3"#,
        #"longhaul_jobs_finished_total{queue="mail",kind="mail.send",outcome="completed"} 1"#,
        #"longhaul_jobs_finished_total{queue="broken",kind="bad",outcome="failed"} 1"#,
        #"longhaul_job_attempts_failed_total{queue="broken",kind="bad",error="odd\"type\\"} 1"#,
        #"longhaul_job_wait_seconds_count{queue="mail"} 1"#,
        #"longhaul_job_run_seconds_count{queue="mail"} 1"#,
        #"longhaul_dead_letters{queue="broken"} 1"#,
        #"longhaul_workers{state="healthy"} 1"#,
        #"longhaul_leases_expired_total 0"#,
        #"longhaul_submissions_rejected_total{reason="system_busy"} 1"#,
        #"longhaul_submissions_rejected_total{reason="invalid_request"} 1"#,
        #"longhaul_http_request_seconds_count{method="POST",route="/v1/jobs",status="202"} 4"#,
    ]

    @Test func metricsHaveTheDocumentedNames() async throws {
        let server = try await eventfulServer()
        let answer = try await server.call("GET", "/metrics")
        #expect(answer.status == 200)
        #expect(answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
        let lines = Set(String(decoding: answer.body, as: UTF8.self).split(separator: "\n").map(String.init))
        for line in Self.expected { #expect(lines.contains(line), "\(line)") }
    }

    @Test(.enabled(if: MetricsTests.isInstalled(MetricsTests.promtool)))
    func promtoolAcceptsTheMetrics() async throws {
        let server = try await eventfulServer(tls: true)
        let text = String(decoding: try await server.call("GET", "/metrics").body, as: UTF8.self)
        let file = try server.folder.write("metrics.txt", text)
        let check = try await longhaul(
            ["-c", "\(Self.promtool) check metrics < \(file)"], executable: "/bin/sh")
        #expect(check.code == 0 && check.output.isEmpty && check.errors.isEmpty, "\(check)")
    }

    @Test(.enabled(if: MetricsTests.isInstalled(MetricsTests.prometheus)))
    func prometheusScrapesIt() async throws {
        let server = try await eventfulServer()
        let host = server.address.replacing("http://", with: "")
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "prometheus.yml",
            """
            global: { scrape_interval: 1s }
            scrape_configs: [ { job_name: longhaul, static_configs: [ { targets: ["\(host)"] } ] } ]
            """)
        let prometheus = try LonghaulProcess(
            [
                "--config.file=\(file)", "--storage.tsdb.path=\(folder.file("data"))",
                "--web.listen-address=127.0.0.1:0",
            ], executable: Self.prometheus)
        let mark = #"msg="Listening on" address="#
        try await eventually("Prometheus listens: \(prometheus.errorText)", within: 60) {
            prometheus.errorText.contains(mark)
        }
        let address = prometheus.errorText.components(separatedBy: mark)[1].prefix { !$0.isWhitespace }
        func value(_ query: String) async throws -> String? {
            let response = try await server.http.send(
                HTTPClientRequest(url: "http://\(address)/api/v1/query?query=\(query)"))
            let answer = Answer(response)
            return answer.has("data.result.0") ? try answer.string("data.result.0.value.1") : nil
        }
        try await eventually("Prometheus has scraped: \(prometheus.errorText)", within: 60) {
            try await value("sum(longhaul_jobs_submitted_total)") == "4"
        }
        #expect(try await value("up") == "1")
        #expect(try await value("sum(longhaul_queue_depth)") == "2")
        #expect(try await value("sum(longhaul_dead_letters)") == "1")
        prometheus.signal(SIGTERM)
        #expect(try await prometheus.exitCode(within: 60) == 0)
    }

    /// The alert rules and the Grafana dashboard of the product use existing metrics only.
    @Test(
        .onFiles("a server without a folder has no metrics of its disk"),
        arguments: ["prometheus/longhaul.rules.yml", "grafana/longhaul.json"])
    func deployedRulesAndDashboardUseExistingMetrics(_ name: String) async throws {
        let server = try await eventfulServer(tls: true)
        let metrics = String(decoding: try await server.call("GET", "/metrics").body, as: UTF8.self)
        let repository = URL(fileURLWithPath: #filePath).pathComponents.dropLast(4).joined(separator: "/")
        let text = try String(contentsOfFile: "\(repository)/deploy/\(name)", encoding: .utf8)
        let names = Set(text.matches(of: /longhaul_[a-z_]+/).map { String($0.output) })
        #expect(names.count > 5)
        for name in names {
            let family = name.replacing(/_(bucket|count)$/, with: "")
            #expect(metrics.contains("# TYPE \(family) "), "\(name)")
        }
    }
}
