import LonghaulCore
import Testing

/// The number of workers for a load.
struct ScalingTargetTests {
    @Test(arguments: [(0, 0, 0), (1, 0, 1), (10, 0, 1), (11, 0, 2), (95, 5, 10), (0, 7, 7), (0, 1, 1)])
    func countsJobs(pending: Int, running: Int, workers: Int) {
        let load = ScalingLoad(pending: pending, running: running)
        #expect(ScalingTarget.jobsPerWorker(10).workers(for: load) == workers)
    }

    @Test func workerWithSlotsRunsSeveralJobs() {
        let load = ScalingLoad(pending: 0, running: 9)
        #expect(ScalingTarget.jobsPerWorker(10).workers(for: load, slots: 4) == 3)
    }

    @Test func drainsWithinTheTarget() {
        // 600 jobs of 2 s are 1,200 s of work: 20 workers do it in a minute.
        let load = ScalingLoad(pending: 600, running: 0, runSeconds: 2)
        #expect(ScalingTarget.drain(seconds: 60).workers(for: load) == 20)
        #expect(ScalingTarget.drain(seconds: 60).workers(for: load, slots: 4) == 5)
    }

    @Test func keepsUpWithNewJobs() {
        let load = ScalingLoad(pending: 3, running: 12, arrivalRate: 6, runSeconds: 2)
        #expect(ScalingTarget.drain(seconds: 60).workers(for: load) == 12)
    }

    @Test func neverRequiresMoreWorkersThanJobs() {
        let load = ScalingLoad(pending: 3, running: 0, arrivalRate: 50, runSeconds: 600)
        #expect(ScalingTarget.drain(seconds: 1).workers(for: load) == 3)
        #expect(ScalingTarget.drain(seconds: 1).workers(for: ScalingLoad(pending: 2, running: 0)) == 2)
    }
}
