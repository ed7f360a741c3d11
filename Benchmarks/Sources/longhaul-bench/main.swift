import Foundation

// Each benchmark measures Longhaul beside its limit in one run, and prints a line of JSON.
let usage = """
    usage: longhaul-bench drain JOBS | idle JOBS | depth JOBS
      drain   no-op jobs through an embedded engine and worker, beside raw SQLite
      idle    from the submission to the start of the handler, one job at a time
      depth   claiming from a deep queue, beside a shallow one

    """

func number(_ index: Int) -> Int? {
    CommandLine.arguments.indices.contains(index) ? Int(CommandLine.arguments[index]) : nil
}

switch (CommandLine.arguments.dropFirst().first, number(2)) {
case ("drain", let jobs?): try await DrainBenchmark(jobs: jobs).run()
case ("idle", let jobs?): try await IdleBenchmark(jobs: jobs).run()
case ("depth", let jobs?): try await DepthBenchmark(jobs: jobs).run()
default:
    FileHandle.standardError.write(Data(usage.utf8))
    exit(2)
}
