import LonghaulConcurrency
import Synchronization
import Testing

struct GatedTaskTests {
    @Test func openedTaskRunsItsBody() async {
        let task = GatedTask { 1 }
        task.open()
        #expect(await task.value == 1)
    }

    @Test func taskCancelledBeforeItIsOpenedNeverRunsItsBody() async {
        let runs = Atomic(0)
        for _ in 0..<1000 {
            let task = GatedTask { _ = runs.add(1, ordering: .relaxed) }
            task.cancel()
            task.open()
            #expect(await task.value == nil)
        }
        #expect(runs.load(ordering: .relaxed) == 0)
    }
}
