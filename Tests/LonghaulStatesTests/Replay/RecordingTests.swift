import Foundation
import LonghaulStates
import Testing

/// Replays executions that AWS recorded. The snapshot is read from its stored parts after each step.
struct RecordingTests {
    /// The length of a step changes nothing.
    @Test(arguments: [1, 2, 1000]) func historiesAreAsAWSRecordedThem(eventsPerStep: Int) throws {
        let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Recordings")
        let text = try String(
            contentsOf: folder.appendingPathComponent("histories.jsonl"), encoding: .utf8)
        var report = ReplayReport(settings: InterpreterSettings(maxEventsPerStep: eventsPerStep))
        for line in text.split(separator: "\n") {
            report.run(try #require(try RecordedCase(parsing: String(line))))
        }
        #expect(report.failures.isEmpty, "\(report.summary)")
        #expect(report.exact >= 95)
    }

    /// Replays all cases of the file that `LONGHAUL_ASL_CASES` names.
    @Test func allCasesOfTheFileReplayButThoseKnown() throws {
        guard let path = ProcessInfo.processInfo.environment["LONGHAUL_ASL_CASES"] else { return }
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        var report = ReplayReport()
        for recorded in try RecordedCase.read(Array(data)) where ReplayCase.shapes.contains(recorded.shape) {
            report.run(recorded)
        }
        print(report.summary)
        let unknown = report.failures.filter { failure in
            !RecordingTests.knownDifferences.contains { failure.id.hasSuffix("::" + $0) }
        }
        #expect(unknown.isEmpty)
    }

    /// The recordings that differ.
    private static let knownDifferences: Set<String> =
        recordedAfterTheExitChanged.union(recordedBeforeRedrives).union([
            // The recording ends after its first event.
            "test_max_concurrency_path_negative",
            // The answers of the functions are not recorded.
            "test_catch", "test_lambda_service_invoke_sync_execution",
            // They are about logging and versions, which the interpreter does not know.
            "test_deleted_log_group", "test_multiple_destinations", "test_create_with_publish",
            // The service checks its parameters.
            "test_invoke_with_headers[singleStringHeader]",
        ])

    /// Since November 2024 the exit of a distributed map follows `MapRunStarted`, and no longer `MapRunSucceeded`.
    private static let recordedAfterTheExitChanged: Set<String> = [
        "test_reference_in_map_state[MAP_STATE_REFERENCE_IN_ITEM_SELECTOR]",
        "test_reference_in_map_state[MAP_STATE_REFERENCE_IN_TOLERATED_FAILURE_PATH]",
        "test_map_state_lambda", "test_map_item_reader_base_json_max_items_jsonata",
        "test_map_item_reader_base_json_with_items_path[INVALID_ITEMS_PATH]",
        "test_map_item_reader_base_json_with_items_path[VALID_ITEMS_PATH_FROM_ITEM_READER]",
        "test_map_item_reader_base_json_with_items_path[VALID_ITEMS_PATH_FROM_PREVIOUS]",
        "test_map_state_config_distributed_items_path_from_previous",
        "test_map_state_nested_config_distributed_no_max_max_concurrency",
    ]

    /// The context object has had `RedriveCount` since November 2023.
    private static let recordedBeforeRedrives: Set<String> = [
        "test_lambda_invoke_with_retry_extended_input",
        "test_lambda_service_invoke_with_retry_extended_input",
    ]
}

/// Counts the grades of cases.
struct ReplayReport {
    var settings = InterpreterSettings()
    private(set) var exact = 0
    private(set) var loose = 0
    private(set) var failures: [(id: String, needs: [String], reason: String)] = []
    private var alone = (passed: 0, count: 0)

    init(settings: InterpreterSettings = InterpreterSettings()) {
        self.settings = settings
    }

    mutating func run(_ recorded: RecordedCase) {
        if recorded.needs.isEmpty { alone.count += 1 }
        do {
            switch try ReplayCase(recorded: recorded, settings: settings).run() {
            case .exact: exact += 1
            case .loose: loose += 1
            }
            if recorded.needs.isEmpty { alone.passed += 1 }
        } catch {
            failures.append((recorded.id, recorded.needs, "\(error)"))
        }
    }

    var summary: String {
        let lines = failures.map { "FAIL \($0.id) \($0.needs)\n     \($0.reason.prefix(500))" }
        let passed = exact + loose
        let total =
            "\(passed) passed, \(failures.count) failed (\(exact) exact, \(loose) loose); "
            + "of those without other services \(alone.passed) of \(alone.count)"
        return (lines + [total]).joined(separator: "\n")
    }
}
