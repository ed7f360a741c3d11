import CTaskHook
import Glibc

// Sets and dictionaries must come in the same order in every run, or no seed would replay: the runtime reads
// this when it starts, so the program starts itself again with it.
let hashing = "SWIFT_DETERMINISTIC_HASHING"
if getenv(hashing) == nil {
    setenv(hashing, "1", 1)
    // The allocator keeps freed memory: the next run needs as much.
    setenv("MALLOC_MMAP_THRESHOLD_", "\(32 << 20)", 1)
    setenv("MALLOC_TRIM_THRESHOLD_", "\(1 << 30)", 1)
    var arguments = CommandLine.arguments.map { strdup($0) } + [nil]
    execv("/proc/self/exe", &arguments)
    perror("longhaul-simulation: cannot start again")
    exit(70)
}

func complain(_ text: String) {
    let line = Array((text + "\n").utf8)
    write(STDERR_FILENO, line, line.count)
}

guard let options = Options(Array(CommandLine.arguments.dropFirst())) else {
    complain(Options.usage)
    exit(2)
}
guard task_hook_install() else {
    complain("longhaul-simulation: this Swift runtime has no hooks for executors")
    exit(70)
}

var isGood = true
if options.flaws.isEmpty {
    isGood = Report.show(SeedRunner(options, flaw: nil).run(), on: options.store)
} else {
    for flaw in options.flaws where !Report.show(flaw, SeedRunner(options, flaw: flaw).run()) {
        isGood = false
    }
}
exit(isGood ? 0 : 1)
