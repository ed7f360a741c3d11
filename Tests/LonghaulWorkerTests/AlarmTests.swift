import Testing

@testable import LonghaulWorker

@Suite struct AlarmTests {
    @Test func aPassedMomentEndsTheWaitAtOnce() async {
        let alarm = Alarm()
        alarm.plan(.now)
        await alarm.wait()
    }

    @Test func anEarlierMomentEndsTheWait() async {
        for _ in 0..<200 {
            let alarm = Alarm()
            alarm.plan(.now + .seconds(600))
            let waiter = Task { await alarm.wait() }
            alarm.plan(.now)
            await waiter.value
        }
    }

    @Test func aPlanDuringTheWorkOfTheLoopIsKept() async {
        let alarm = Alarm()
        alarm.forget()
        alarm.plan(.now)
        alarm.plan(.now + .seconds(600))
        await alarm.wait()
    }

    @Test func aCancellationEndsTheWait() async {
        let alarm = Alarm()
        let planned = Task { await alarm.wait() }
        planned.cancel()
        await planned.value
        alarm.plan(.now + .seconds(600))
        let unplanned = Task { await alarm.wait() }
        unplanned.cancel()
        await unplanned.value
    }
}
