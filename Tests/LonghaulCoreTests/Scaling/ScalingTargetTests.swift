import LonghaulCore
import Testing

/// How many workers a load asks for.
struct ScalingTargetTests {
    @Test(arguments: [(0, 0, 0), (1, 0, 1), (10, 0, 1), (11, 0, 2), (95, 5, 10), (0, 7, 7), (0, 1, 1)])
    func countsJobs(pending: Int, running: Int, workers: Int) {
        let load = ScalingLoad(pending: pending, running: running)
        #expect(ScalingTarget.jobsPerWorker(10).workers(for: load) == workers)
    }

    @Test func aWorkerWithSlotsIsBusyWithSeveral() {
        let load = ScalingLoad(pending: 0, running: 9)
        #expect(ScalingTarget.jobsPerWorker(10).workers(for: load, slots: 4) == 3)
    }

    @Test func drainsInTime() {
        // 600 jobs of 2 s are 1,200 s of work: in a minute that takes 20 workers.
        let load = ScalingLoad(pending: 600, running: 0, runSeconds: 2)
        #expect(ScalingTarget.drain(seconds: 60).workers(for: load) == 20)
        #expect(ScalingTarget.drain(seconds: 60).workers(for: load, slots: 4) == 5)
    }

    @Test func keepsUpWithWhatComesIn() {
        let load = ScalingLoad(pending: 3, running: 12, arrivalRate: 6, runSeconds: 2)
        #expect(ScalingTarget.drain(seconds: 60).workers(for: load) == 12)
    }

    @Test func neverAsksForMoreThanThereAreJobs() {
        let load = ScalingLoad(pending: 3, running: 0, arrivalRate: 50, runSeconds: 600)
        #expect(ScalingTarget.drain(seconds: 1).workers(for: load) == 3)
        #expect(ScalingTarget.drain(seconds: 1).workers(for: ScalingLoad(pending: 2, running: 0)) == 2)
    }
}
