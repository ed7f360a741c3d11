import LonghaulConcurrency
import Testing

@testable import LonghaulHTTP

@Suite("HTTP server: messages to a loop")
struct LoopInboxTests {
    @Test("an inbox whose thread has ended takes no messages, and its meter has no work")
    func closed() {
        let meter = WorkMeter("inbox")
        // No thread sleeps here, so that the inbox never writes to the descriptor.
        let inbox = LoopInbox(wakeDescriptor: -1, meter: meter)
        inbox.send(.drain)
        #expect(meter.sample.isBusy)
        #expect(inbox.close().count == 1)
        inbox.send(.drain)
        #expect(!meter.sample.isBusy)
        #expect(inbox.take().isEmpty)
    }
}
