import Foundation

// Each benchmark measures Longhaul and its reference in one run, and prints a line of JSON.
let usage = """
    usage: longhaul-bench drain JOBS | idle JOBS | depth JOBS | pg-drain JOBS URL | pg-age ROUNDS URL
                        | pg-pace SECONDS URL RATE | pg-work JOBS URL PENDING
                        | broker-drain JOBS QUEUE-URL [STORE-URL] | jsonata MILLISECONDS
                        | steps-raw PROCESSES SLOTS | steps PROCESSES SLOTS PLACE | resume OPERATIONS RESUMES PLACE
                        | timers JOBS PLACE | waiting JOBS PLACE | delayed JOBS PLACE | ordinary JOBS PLACE
                        | transitions EXECUTIONS STORE <DEFINITION | task-states EXECUTIONS ROUNDS STORE
                        | map ITEMS inline|distributed|tasks STORE
      drain   no-op jobs through an embedded engine and worker, beside raw SQLite
      idle    from the submission to the start of the handler, one job at a time
      depth   claiming from a deep queue, beside a shallow one
      pg-drain, pg-age, pg-pace, pg-work   over PostgreSQL: see scripts/bench-postgres.sh
      jsonata   evaluations of the expressions on standard input: see scripts/bench-jsonata.sh
      steps-raw, steps, resume, timers, waiting, delayed, ordinary   durable jobs: see scripts/bench-durable.sh.
                PLACE is `sqlite` or postgres://… for an embedded engine, or the URL of a server
      transitions, task-states, map   executions of state machines: see scripts/bench-states.sh.
                STORE is `sqlite` or postgres://…
      broker-drain   with Redis, RabbitMQ or Kafka as queue: see scripts/bench-brokers.sh

    """

func number(_ index: Int) -> Int? {
    CommandLine.arguments.indices.contains(index) ? Int(CommandLine.arguments[index]) : nil
}

switch (CommandLine.arguments.dropFirst().first, number(2)) {
case ("jsonata", let milliseconds?): try JSONataBenchmark(milliseconds: milliseconds).run()
case ("drain", let jobs?): try await DrainBenchmark(jobs: jobs).run()
case ("idle", let jobs?): try await IdleBenchmark(jobs: jobs).run()
case ("depth", let jobs?): try await DepthBenchmark(jobs: jobs).run()
case ("pg-drain", let jobs?) where CommandLine.arguments.count == 4:
    try await PostgresDrainBenchmark(url: CommandLine.arguments[3], jobs: jobs).run()
case ("pg-age", let rounds?) where CommandLine.arguments.count == 4:
    try await PostgresAgeBenchmark(url: CommandLine.arguments[3], rounds: rounds).run()
case ("broker-drain", let jobs?) where (4...5).contains(CommandLine.arguments.count):
    let store = CommandLine.arguments.count == 5 ? CommandLine.arguments[4] : nil
    try await BrokerDrainBenchmark(jobs: jobs, queue: CommandLine.arguments[3], store: store).run()
case ("pg-pace", let length?) where CommandLine.arguments.count == 5:
    try await PostgresPaceBenchmark(
        url: CommandLine.arguments[3], length: length, rate: number(4) ?? 1000
    ).run()
case ("pg-work", let jobs?) where CommandLine.arguments.count == 5:
    try await PostgresWorkBenchmark(url: CommandLine.arguments[3], jobs: jobs, pending: number(4) ?? 0)
        .run()
case ("steps-raw", let processes?) where CommandLine.arguments.count == 4:
    try await StepsBenchmark(processes: processes, slots: number(3) ?? 512, address: nil).runBesideRawSQLite()
case ("steps", let processes?) where CommandLine.arguments.count == 5:
    try await StepsBenchmark(
        processes: processes, slots: number(3) ?? 64, address: CommandLine.arguments[4]
    ).run()
case ("resume", let operations?) where CommandLine.arguments.count == 5:
    try await ResumeBenchmark(
        operations: operations, resumes: number(3) ?? 60, address: CommandLine.arguments[4]
    ).run()
case ("timers", let jobs?) where CommandLine.arguments.count == 4:
    try await TimersBenchmark(jobs: jobs, address: CommandLine.arguments[3]).run()
case ("waiting", let jobs?) where CommandLine.arguments.count == 4:
    try await WaitingBenchmark(jobs: jobs, address: CommandLine.arguments[3]).run()
case ("delayed", let jobs?) where CommandLine.arguments.count == 4:
    try await DelayedBenchmark(jobs: jobs, address: CommandLine.arguments[3]).run()
case ("ordinary", let jobs?) where CommandLine.arguments.count == 4:
    try await OrdinaryBenchmark(jobs: jobs, address: CommandLine.arguments[3]).run()
case ("transitions", let executions?) where CommandLine.arguments.count == 4:
    let definition = String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self)
    try await TransitionsBenchmark(
        executions: executions, address: CommandLine.arguments[3], definition: definition
    ).run()
case ("task-states", let executions?) where CommandLine.arguments.count == 5:
    try await TaskStatesBenchmark(
        executions: executions, rounds: number(3) ?? 3, address: CommandLine.arguments[4]
    ).run()
case ("map", let items?) where CommandLine.arguments.count == 5:
    let mode = MapBenchmark.Mode(rawValue: CommandLine.arguments[3]) ?? .inline
    try await MapBenchmark(items: items, mode: mode, address: CommandLine.arguments[4]).run()
default:
    FileHandle.standardError.write(Data(usage.utf8))
    exit(2)
}
