import Glibc

/// The processor time that the current thread has used. Other programs and tests do not add to it, unlike to the time of a clock.
public func processorTime() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}
