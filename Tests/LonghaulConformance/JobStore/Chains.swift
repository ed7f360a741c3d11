import LonghaulCore
import LonghaulJSON
import Testing

extension JobStoreConformance {
    static let chains: [Case] = [
        Case("a step receives the results of earlier steps, without a copy in its payload") { t in
            try await t.submit("one")
            let one = try await t.lease()
            try await t.complete(
                one.token, "1", next: [with(t.submission("two")) { $0.parentID = one.job.id }])
            let two = try await t.lease()
            #expect(two.job.ancestors.map(\.kind) == ["one"])
            #expect(two.job.ancestors.map(\.result?.description) == ["1"])
            try await t.complete(
                two.token, "2", next: [with(t.submission("three")) { $0.parentID = two.job.id }])
            let three = try await t.lease()
            #expect(three.job.ancestors.map(\.kind) == ["two", "one"])
            #expect(three.job.ancestors.map(\.result?.description) == ["2", "1"])
            #expect(try await t.job(one.job.id).children == [two.job.id])
            #expect(try await t.job(one.job.id).childrenCount == 1)
        },
        Case("a dependent job receives the results of its dependencies and their ancestors") { t in
            let a = t.submission("a")
            let b = t.submission("b") { $0.dependsOn = [a.id] }
            let c = t.submission("c") { $0.dependsOn = [b.id] }
            _ = try await t.store.submit([a, b, c], allOrNothing: true)
            try await t.complete(try await t.lease().token, #""from a""#)
            try await t.complete(try await t.lease().token, #""from b""#)
            let last = try await t.lease().job
            #expect(last.dependencies.map(\.kind) == ["b"])
            #expect(last.dependencies.map(\.result?.description) == [#""from b""#])
            #expect(last.ancestors.map(\.kind) == ["a"])
            #expect(last.ancestors.map(\.result?.description) == [#""from a""#])
        },
        Case("the dependents of a job are listed before and after it has ended") { t in
            let first = t.submission("first") { $0.spec.maxAttempts = 1 }
            let waiting = t.submission("waiting") { $0.dependsOn = [first.id, first.id] }
            let last = t.submission("last") { $0.dependsOn = [waiting.id] }
            _ = try await t.store.submit([first, waiting, last], allOrNothing: true)
            #expect(try await t.dependents(of: first.id).jobs.map(\.id) == [waiting.id])
            try await t.fail(try await t.lease().token)
            let late = try await t.submit("late") {
                $0.dependsOn = [first.id]
                $0.spec.onDependencyFailure = .run
            }
            let all = try await t.dependents(of: first.id)
            #expect(all.jobs.map(\.id) == [late.id, waiting.id])
            #expect(all.jobs.map(\.state) == [.pending, .cancelled])
            #expect(try await t.dependents(of: waiting.id).jobs.map(\.state) == [.cancelled])
            #expect(try await t.dependents(of: last.id).jobs.isEmpty)
            let page = try await t.dependents(of: first.id, limit: 1)
            #expect(page.jobs.map(\.id) == [late.id])
            let rest = try await t.dependents(of: first.id, after: page.next, limit: 1)
            #expect(rest.jobs.map(\.id) == [waiting.id])
            #expect(rest.next == nil)
            let pending = try await t.dependents(of: first.id) { $0.states = [.pending] }
            #expect(pending.jobs.map(\.id) == [late.id])
        },
        Case("a dependent that is resolved and stays blocked is not resolved again by a retry") { t in
            let first = t.submission("first") { $0.spec.maxAttempts = 1 }
            let second = t.submission("second")
            let join = t.submission("join") {
                $0.dependsOn = [first.id, second.id]
                $0.spec.onDependencyFailure = .run
            }
            _ = try await t.store.submit([first, second, join], allOrNothing: true)
            try await t.fail(try await t.lease { $0.kinds = ["first"] }.token)
            try await t.retry(first.id)
            try await t.complete(try await t.lease { $0.kinds = ["first"] }.token)
            #expect(try await t.job(join.id).state == .blocked)
            #expect(try await t.dependents(of: first.id).jobs.map(\.id) == [join.id])
            try await t.complete(try await t.lease { $0.kinds = ["second"] }.token)
            #expect(try await t.job(join.id).state == .pending)
        },
        Case("a deleted job is not listed as a dependent") { t in
            let first = try await t.submit("first")
            let second = try await t.submit("second") { $0.dependsOn = [first.id] }
            try await t.cancel(second.id)
            try await t.delete(second.id)
            #expect(try await t.dependents(of: first.id).jobs.isEmpty)
            try await t.complete(try await t.lease().token)
            #expect(try await t.job(first.id).state == .completed)
        },
        Case("only the failed step of a chain is retried") { t in
            try await t.submit("one")
            let one = try await t.lease()
            let step = with(t.submission("two")) { $0.parentID = one.job.id }
            try await t.complete(one.token, "1", next: [step])
            try await t.fail(try await t.lease().token, retryIn: 0)
            _ = try await t.store.maintain(limit: 10)
            let again = try await t.lease()
            #expect(again.job.id == step.id)
            #expect(again.job.attempt == 2)
            #expect(again.job.ancestors.map(\.result?.description) == ["1"])
            #expect(try await t.job(one.job.id).attempt == 1)
        },
        Case("a step of a long chain receives the nearest ancestors") { t in
            try await t.submit("step")
            for _ in 0..<RelatedJob.maxAncestors + 5 {
                let lease = try await t.lease()
                let next = with(t.submission("step")) { $0.parentID = lease.job.id }
                try await t.complete(lease.token, #""\#(lease.job.id)""#, next: [next])
            }
            let last = try await t.lease().job
            #expect(last.ancestors.count == RelatedJob.maxAncestors)
            #expect(last.ancestors.first?.id == last.parentID)
        },
        Case("a failure propagates through a chain of four jobs by the policy of each") { t in
            let policies: [(JobSpec.DependencyPolicy, [JobState])] = [
                (.cancel, [.failed, .cancelled, .cancelled, .cancelled]),
                (.fail, [.failed, .failed, .failed, .failed]),
                (.run, [.failed, .pending, .blocked, .blocked]),
            ]
            for (policy, states) in policies {
                var chain = [t.submission("chain") { $0.spec.maxAttempts = 1 }]
                for _ in 0..<3 {
                    let before = chain.last?.id
                    chain.append(
                        t.submission("chain") {
                            $0.dependsOn = before.map { [$0] } ?? []
                            $0.spec.onDependencyFailure = policy
                        })
                }
                _ = try await t.store.submit(chain, allOrNothing: true)
                try await t.fail(try await t.lease().token)
                var found: [JobState] = []
                for entry in chain { found.append(try await t.job(entry.id).state) }
                #expect(found == states, "\(policy)")
            }
            for _ in 0..<3 { try await t.complete(try await t.lease().token) }
            #expect(try await t.counts()[.completed] == 3)
        },
        Case("checkpoints are kept between attempts and deleted with the job") { t in
            try await t.submit()
            let first = try await t.lease()
            let output = try await t.store.putStep(first.token, name: "download", output: json("1"))
            #expect(output.description == "1")
            try await t.fail(first.token, retryIn: 0)
            _ = try await t.store.maintain(limit: 10)
            let second = try await t.lease()
            #expect(try await t.store.step(second.token, name: "download")?.description == "1")
            let kept = try await t.store.putStep(second.token, name: "download", output: json("2"))
            #expect(kept.description == "1")
        },
    ]
}
