internal import CThreadStack
import Glibc

/// The remaining time, depth and memory of an evaluation.
final class Budget {
    let limits: JSONataLimits
    private var depth = 0
    private var allocated = 0
    private var stepsToCheck = Budget.stepsPerCheck
    /// The end of the evaluation, in nanoseconds of the monotonic clock.
    let deadline: UInt64
    private let stackFloor: UInt

    private static let stepsPerCheck = 512
    /// About 35 years. Greater time limits count as this one, so that the deadline does not overflow.
    private static let maxMilliseconds = 1 << 40
    /// Values may not nest deeper than this, so that the functions that walk them need little stack.
    private static let maxNesting = 1000
    /// Maximum length of a string that an evaluation makes, in code units. It bounds the work on one string.
    private static let maxStringLength = 16 << 20
    /// The part of the thread's stack that is reserved for functions that do not check it.
    private static let reservedStack: UInt = 192 << 10

    init(_ limits: JSONataLimits) {
        self.limits = limits
        let milliseconds = UInt64(max(0, min(limits.maxMilliseconds, Budget.maxMilliseconds)))
        deadline = Budget.now() + milliseconds * 1_000_000
        stackFloor = StackBounds.lowest + Budget.reservedStack
    }

    private static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Counts one small step of work.
    @inline(__always)
    func step() throws(Failure) {
        stepsToCheck -= 1
        if stepsToCheck <= 0 { try checkTime() }
    }

    /// Counts several steps of work at once.
    func steps(_ count: Int) throws(Failure) {
        stepsToCheck -= count
        if stepsToCheck <= 0 { try checkTime() }
    }

    private func checkTime() throws(Failure) {
        stepsToCheck = Budget.stepsPerCheck
        if Budget.now() > deadline { throw timeFailure() }
    }

    /// Checks the time at once.
    func checkDeadline() throws(Failure) {
        try checkTime()
    }

    /// The failure of an evaluation that has passed its deadline.
    func timeFailure() -> Failure {
        Failure.limit(
            "The evaluation took longer than \(limits.maxMilliseconds) ms. Check for an infinite loop")
    }

    /// Counts memory that is about to be allocated, and a step for the allocation and for each kibibyte.
    @inline(__always)
    func allocate(_ bytes: Int) throws(Failure) {
        let (total, overflow) = allocated.addingReportingOverflow(bytes)
        allocated = total
        if overflow || total > limits.maxAllocatedBytes { throw memoryFailure() }
        try steps(1 + (bytes >> 10))
    }

    /// Counts the memory of a string of `count` code units.
    ///
    /// - Throws: U1001 if the string is too long, or there is no memory left.
    func allocateString(_ count: Int) throws(Failure) {
        if count > Budget.maxStringLength {
            throw Failure.limit("A string is longer than \(Budget.maxStringLength) characters")
        }
        try allocate(count * 2 + 32)
    }

    /// Counts the memory of `count` code units that are about to be appended to a string.
    ///
    /// - Parameter length: The length of the string before.
    /// - Throws: U1001 if the string becomes too long, or there is no memory left.
    func allocate(_ count: Int, appendedTo length: Int) throws(Failure) {
        if length + count > Budget.maxStringLength {
            throw Failure.limit("A string is longer than \(Budget.maxStringLength) characters")
        }
        try allocate(count * 2)
    }

    /// Counts the memory of a member that is about to be added to an object, and the work of hashing its key.
    func allocateMember(_ key: Text) throws(Failure) {
        try allocate(48)
        try scan(key.count)
    }

    /// Counts the work of reading `count` code units or items.
    @inline(__always)
    func scan(_ count: Int) throws(Failure) {
        if count >= 64 { try steps(count / 64) }
    }

    private func memoryFailure() -> Failure {
        Failure.limit("The evaluation needs more than \(limits.maxAllocatedBytes) bytes of memory")
    }

    /// Enters an evaluation that is part of another.
    @inline(__always)
    func enter() throws(Failure) {
        depth += 1
        if depth > limits.maxDepth { throw depthFailure() }
        try step()
        try checkStack()
    }

    /// Leaves the evaluation that `enter` entered.
    @inline(__always)
    func leave() { depth -= 1 }

    private func depthFailure() -> Failure {
        Failure.limit(
            "The evaluation nests more than \(limits.maxDepth) deep. Check for an endless recursion, "
                + "or make the function tail-recursive")
    }

    /// Checks that the thread's own stack has room left, whatever the limit of depth is.
    @inline(__always)
    func checkStack() throws(Failure) {
        if StackBounds.current() < stackFloor {
            throw Failure.limit("The evaluation nests deeper than the thread's stack allows")
        }
    }

    /// Refuses values that nest too deep.
    @inline(__always)
    func checkNesting(_ value: Value) throws(Failure) {
        if value.nesting > Budget.maxNesting {
            throw Failure.limit("A value nests more than \(Budget.maxNesting) deep")
        }
    }
}

/// The bounds of the current thread's stack.
enum StackBounds {
    /// An address in the caller's frame.
    @inline(__always)
    static func current() -> UInt {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1) { UInt(bitPattern: $0.baseAddress) }
    }

    /// The lowest address of the current thread's stack; a guess of 400 KiB below this frame if unknown.
    static var lowest: UInt {
        let address = longhaul_thread_stack_lowest()
        return address == 0 ? current() - (400 << 10) : UInt(address)
    }
}
