import Foundation
import LonghaulTestSupport
import Testing

/// `longhaul top` on a terminal.
@Suite struct TopTests {
    private static let leave = "\u{1B}[?1049l"

    private struct Top {
        let server: TestServer
        let terminal: TestTerminal
        let process: LonghaulProcess

        init(
            of server: TestServer? = nil, width: Int = 120, height: Int = 24, _ jobs: [String] = []
        ) async throws {
            self.server = if let server { server } else { try await TestServer() }
            let server = self.server
            for job in jobs { _ = try await server.submit(job) }
            terminal = try TestTerminal(width: width, height: height)
            process = try LonghaulProcess(
                ["top", "--server", server.address, "--interval", "0.2"],
                environment: ["TERM": "xterm"], terminal: terminal)
        }

        /// Waits until the screen satisfies a condition.
        func see(_ what: String, _ condition: ([String]) -> Bool) async throws {
            let terminal = terminal
            try await eventually("\(what): \(terminal.screen)") { condition(terminal.screen) }
        }

        func see(_ text: String) async throws {
            try await see("the screen shows \(text)") { $0.joined(separator: "\n").contains(text) }
        }

        /// Waits until the last line, which describes the screen, contains a text.
        func seeStatus(_ text: String) async throws {
            try await see("the last line shows \(text)") { $0.last?.contains(text) ?? false }
        }
    }

    private static let jobs = [
        #"{"kind": "send", "queue": "mail"}"#, #"{"kind": "encode", "queue": "video", "payload": 7}"#,
        #"{"kind": "encode", "queue": "video"}"#,
    ]

    @Test func keysSortFilterOpenPauseAndQuit() async throws {
        let top = try await Top(Self.jobs)
        let before = top.terminal.modes
        try await top.see("> mail")
        #expect(top.terminal.modes != before)
        top.terminal.send("s")
        try await top.seeStatus("by pending")
        try await top.see("> video")
        top.terminal.send("\u{1B}[B")
        try await top.see("> mail")
        top.terminal.send("\u{1B}[A")
        try await top.see("> video")
        top.terminal.send("\r")
        try await top.seeStatus("queue video")
        try await top.see("encode")
        top.terminal.send("\u{1B}[B\r")
        try await top.see("payload")
        try await top.see("7")
        top.terminal.send("\u{1B}")
        try await top.seeStatus("queue video")
        top.terminal.send("\u{7F}")
        try await top.seeStatus("by pending")
        top.terminal.send("/ma")
        try await top.seeStatus("queues with: ma_")
        try await top.see("only mail is shown") { lines in
            lines.contains { $0.contains("> mail") } && !lines.contains { $0.contains("video") }
        }
        top.terminal.send("\r?")
        try await top.see("shows this help")
        top.terminal.send("\u{1B}")
        try await top.seeStatus("queues with: ma")
        top.terminal.send("p")
        try await top.seeStatus("paused")
        top.terminal.send("q")
        #expect(try await top.process.exitCode() == 0)
        #expect(top.terminal.modes == before && top.terminal.text.hasSuffix(Self.leave))
    }

    @Test func aPausedDisplayDoesNotChange() async throws {
        let top = try await Top(Self.jobs)
        try await top.see("> mail")
        top.terminal.send("p")
        try await top.seeStatus("paused")
        _ = try await top.server.submit(#"{"kind": "a", "queue": "new"}"#)
        // Another display, which is not paused, shows several later readings.
        let other = try await Top(of: top.server)
        try await other.see("> mail")
        for number in 0..<3 {
            _ = try await top.server.submit(#"{"kind": "a", "queue": "later-\#(number)"}"#)
            try await other.see("later-\(number)")
        }
        #expect(!top.terminal.screen.contains { $0.contains("new") })
        other.terminal.send("q")
        #expect(try await other.process.exitCode() == 0)
        top.terminal.send("p")
        try await top.see("new")
        top.terminal.send("q")
        #expect(try await top.process.exitCode() == 0)
    }

    @Test func pageKeysScrollManyQueues() async throws {
        let jobs = (10..<60).map { #"{"kind": "a", "queue": "q\#($0)"}"# }
        let top = try await Top(height: 14, jobs)
        try await top.see("> q10")
        top.terminal.send("\u{1B}[F")
        try await top.see("> q59")
        top.terminal.send("\u{1B}[5~")
        try await top.see("an earlier queue is selected") { lines in
            lines.contains { $0.hasPrefix("> q") && !$0.hasPrefix("> q59") }
        }
        top.terminal.send("\u{1B}[H")
        try await top.see("> q10")
        top.terminal.send("\u{1B}[6~")
        try await top.see("a later queue is selected") { lines in
            lines.contains { $0.hasPrefix("> q") && !$0.hasPrefix("> q10") }
        }
        top.terminal.send("q")
        #expect(try await top.process.exitCode() == 0)
    }

    @Test func theScreenFitsWindowsOfAnySize() async throws {
        let top = try await Top(Self.jobs)
        try await top.see("> mail")
        for (width, height) in [(1, 1), (1, 50), (200, 1), (20, 3), (40, 5), (300, 100), (80, 24)] {
            top.terminal.resize(width: width, height: height)
            top.process.signal(SIGWINCH)
            try await top.see("the screen has \(width) × \(height) characters") { lines in
                lines.count == height && lines.allSatisfy { $0.count <= width }
            }
        }
        top.terminal.send("q")
        #expect(try await top.process.exitCode() == 0)
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP]) func signalsRestoreTheTerminal(_ number: Int32) async throws {
        let top = try await Top(Self.jobs)
        let before = top.terminal.modes
        try await top.see("> mail")
        top.process.signal(number)
        #expect(try await top.process.exitCode() == -number)
        #expect(top.terminal.modes == before && top.terminal.text.hasSuffix(Self.leave))
    }

    @Test func controlCEndsAndControlZStops() async throws {
        let top = try await Top(Self.jobs)
        let before = top.terminal.modes
        try await top.see("> mail")
        top.terminal.send("\u{1A}")
        try await eventually("the terminal is as before") { top.terminal.modes == before }
        top.process.signal(SIGCONT)
        try await eventually("the terminal is taken again") { top.terminal.modes != before }
        top.terminal.send("\u{3}")
        #expect(try await top.process.exitCode() == -SIGINT)
        #expect(top.terminal.modes == before && top.terminal.text.hasSuffix(Self.leave))
    }

    @Test func aLostServerIsShownAndTheCommandContinues() async throws {
        let top = try await Top(Self.jobs)
        try await top.see("> mail")
        top.server.process.signal(SIGKILL)
        try await top.see("the last line shows an error") { !($0.last?.hasPrefix("by name") ?? true) }
        try await top.see("> mail")
        top.terminal.send("q")
        #expect(try await top.process.exitCode() == 0)
    }
}
