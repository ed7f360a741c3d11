import LonghaulConcurrency
import LonghaulCore
import LonghaulJSON
import LonghaulMemory
import LonghaulTestSupport
import Testing

@testable import LonghaulEngine

/// The delivery of webhooks.
struct WebhookLoopTests {
    private func withEngine(
        on database: MemoryDatabase = MemoryDatabase(), _ settings: WebhookSettings?,
        _ body: (Engine) async throws -> Void
    ) async throws {
        var configuration = EngineConfiguration()
        configuration.webhooks = settings
        let engine = Engine(
            store: MemoryStore.open(database), queue: StoreQueue(time: SystemTime()),
            artifacts: MemoryArtifactStore(), configuration: configuration)
        try await withCleanup {
            await engine.stop()
        } _: {
            try await engine.start()
            try await body(engine)
        }
    }

    private func cancelled(_ url: String, _ engine: Engine) async throws -> JobID {
        var spec = JobSpec(kind: "a")
        spec.callbackURL = url
        let job = try await engine.submit(NewJob(spec)).job
        return try await engine.cancel(job.id).id
    }

    private func delivery(_ job: JobID, _ engine: Engine) async throws -> WebhookDelivery {
        try #require(try await engine.deliveries(of: job, after: nil, limit: 1).deliveries.first)
    }

    @Test func failedAttemptIsRetriedUntilItSucceeds() async throws {
        let sent = Recorder<WebhookDelivery>()
        let settings = WebhookSettings { delivery, _ in
            WebhookAnswer(status: sent.add(delivery) < 3 ? 500 : 200)
        }
        try await withEngine(settings) { engine in
            let job = try await cancelled("https://a.example/", engine)
            try await eventually("the webhook is delivered") {
                let delivery = try await delivery(job, engine)
                // The second and the third attempt come soon if an operator asks for them.
                if delivery.attemptCount > 0, delivery.state == .pending {
                    _ = try await engine.redeliver(delivery.id, of: job)
                }
                return delivery.state == .delivered
            }
            #expect(sent.values.count == 3)
            #expect(Set(sent.values.map(\.id)).count == 1)
            #expect(try await delivery(job, engine).attempts.map(\.status) == [500, 500, 200])
            #expect(engine.webhooks.counters == WebhookCounters(sending: 0, delivered: 1, failed: 2))
        }
    }

    @Test func slowReceiverDoesNotDelayOthers() async throws {
        let slow = Recorder<JobID>()
        let quick = Recorder<JobID>()
        var settings = WebhookSettings { delivery, _ in
            guard delivery.host == "slow.example" else {
                quick.add(delivery.jobID)
                return WebhookAnswer(status: 200)
            }
            slow.add(delivery.jobID)
            try await Task.sleep(for: .seconds(3600))
            return WebhookAnswer(status: 200)
        }
        settings.maxSending = 8
        settings.maxSendingPerHost = 3
        try await withEngine(settings) { engine in
            for _ in 0..<10 { _ = try await cancelled("https://slow.example/", engine) }
            try await slow.wait(for: "three slow attempts") { $0.count == 3 }
            for _ in 0..<10 { _ = try await cancelled("https://quick.example/", engine) }
            try await quick.wait(for: "all quick attempts") { $0.count == 10 }
            #expect(slow.values.count == 3)
        }
    }

    /// Each receiver hangs under a name of its own.
    @Test func manySlowReceiversDoNotDelayAPromptOne() async throws {
        let slow = Recorder<String>()
        let quick = Recorder<JobID>()
        var settings = WebhookSettings { delivery, _ in
            guard delivery.host != "z.example" else {
                quick.add(delivery.jobID)
                return WebhookAnswer(status: 200)
            }
            slow.add(delivery.host)
            try await Task.sleep(for: .seconds(3600))
            return WebhookAnswer(status: 200)
        }
        settings.maxSending = 8
        try await withEngine(settings) { engine in
            let first = try await cancelled("https://z.example/", engine)
            try await eventually("the first webhook is recorded") {
                try await delivery(first, engine).state == .delivered
            }
            for number in 0..<20 { _ = try await cancelled("https://\(number).slow.example/", engine) }
            try await slow.wait(for: "half of the slots") { $0.count == 4 }
            for _ in 0..<10 { _ = try await cancelled("https://z.example/", engine) }
            try await quick.wait(for: "all webhooks of the prompt receiver") { $0.count == 11 }
            #expect(Set(slow.values).count == 4)
        }
    }

    @Test func promptReceiversAreThoseWhoseLatestAttemptEndedSoon() {
        var prompt = PromptReceivers()
        for host in ["b", "a", "c"] { prompt.record(host, isPrompt: true) }
        #expect(prompt.hosts(after: "a") == ["b", "c", "a"])
        #expect(prompt.hosts(after: "c") == ["a", "b", "c"])
        prompt.record("b", isPrompt: false)
        #expect(prompt.hosts == ["a", "c"])
        #expect(prompt.others(in: ["a": 2, "b": 3, "d": 4]) == 7)
        for number in 0..<1000 { prompt.record("host\(number)", isPrompt: true) }
        #expect(prompt.hosts.count == 1000)
        #expect(!prompt.hosts.contains("a"))
    }

    /// Each slot that becomes free goes to the next host, not to the first one again, whether or not receivers are prompt.
    @Test(arguments: [5, -1]) func hostsTakeTurnsForTheSlots(promptSeconds: Double) async throws {
        let sent = Recorder<String>()
        let gate = Event<Void>()
        var settings = WebhookSettings { delivery, _ in
            await gate.wait()
            sent.add(delivery.host)
            return WebhookAnswer(status: 200)
        }
        settings.maxSending = 1
        settings.maxSendingPerHost = 1
        settings.promptSeconds = promptSeconds
        try await withEngine(settings) { engine in
            for _ in 0..<6 { _ = try await cancelled("https://a.example/", engine) }
            for host in ["b", "c"] { _ = try await cancelled("https://\(host).example/", engine) }
            gate.fire()
            let order = try await sent.wait(for: "all attempts") { $0.count == 8 }
            #expect(Set(order.prefix(5)) == ["a.example", "b.example", "c.example"])
        }
    }

    @Test func attemptOfAStoppedServerIsRepeatedAfterItsClaim() async throws {
        let time = ManualTime()
        let database = MemoryDatabase(time: time)
        let started = Recorder<JobID>()
        let hanging = WebhookSettings { delivery, _ in
            started.add(delivery.id)
            try await Task.sleep(for: .seconds(3600))
            return WebhookAnswer(status: 200)
        }
        var job: JobID?
        try await withEngine(on: database, hanging) { engine in
            job = try await cancelled("https://a.example/", engine)
            try await started.wait(for: "an attempt") { $0.count == 1 }
        }
        let id = try #require(job)
        time.advance(seconds: hanging.leaseSeconds + 1)
        let sent = Recorder<JobID>()
        let working = WebhookSettings { delivery, _ in
            sent.add(delivery.id)
            return WebhookAnswer(status: 200)
        }
        try await withEngine(on: database, working) { engine in
            try await eventually("the webhook is delivered") {
                try await delivery(id, engine).state == .delivered
            }
            #expect(sent.values == started.values)
            // The attempt that the stop has cut short is no failure of the receiver.
            #expect(try await delivery(id, engine).attempts.map(\.status) == [200])
        }
    }

    @Test func callbackURLIsRefusedWithoutWebhooks() async throws {
        try await withEngine(nil) { engine in
            let error = await #expect(throws: LonghaulError.self) {
                _ = try await cancelled("https://a.example/", engine)
            }
            #expect(error?.faults.map(\.pointer.description) == ["/callback_url"])
            #expect(error?.faults.first?.message.contains("--webhook-secret-file") == true)
        }
    }

    @Test func refusedReceiverIsAnErrorOfTheSubmission() async throws {
        let settings = WebhookSettings(
            send: { _, _ in WebhookAnswer(status: 200) }, rejection: { $0.contains("bad") ? "is bad" : nil })
        try await withEngine(settings) { engine in
            let error = await #expect(throws: LonghaulError.self) {
                _ = try await cancelled("https://bad.example/", engine)
            }
            #expect(error?.faults.map(\.message) == ["is bad"])
            _ = try await cancelled("https://good.example/", engine)
        }
    }
}
