import LonghaulPlatform

/// Elements that wait for a thread or a task, in the order in which they were added. Any thread or task may add some.
///
/// A thread takes elements with ``take(within:)`` or ``take(upTo:atLeast:unless:weight:)``, which block. A task takes
/// them with ``next()``. A cancelled task leaves the elements to the next one, in contrast to the reader of an
/// `AsyncStream`, whose cancellation ends the stream for good.
///
/// Two threads have an inbox of their own kind, because they sleep in a call of a C library: the event loop of the HTTP
/// server in `poll`, and the thread of the HTTP client in `curl_multi_poll`.
package final class Inbox<Element: Sendable>: @unchecked Sendable {
    /// The element that a full inbox drops.
    package enum Overflow: Sendable {
        case dropOldest
        case dropNewest
    }

    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let filled: UnsafeMutablePointer<pthread_cond_t>
    private var elements = Fifo<Element>()
    private var readers: [CheckedContinuation<Void, Never>] = []
    private var isShut = false
    private let capacity: Int
    private let overflow: Overflow
    private let meter: WorkMeter?

    /// An empty inbox.
    ///
    /// - Parameters:
    ///   - capacity: the maximum number of elements.
    ///   - meter: counts the elements until their thread calls ``finish(_:)``.
    package init(capacity: Int = .max, _ overflow: Overflow = .dropNewest, meter: WorkMeter? = nil) {
        self.capacity = capacity
        self.overflow = overflow
        self.meter = meter
        mutex = .allocate(capacity: 1)
        filled = .allocate(capacity: 1)
        var attributes = pthread_condattr_t()
        guard pthread_mutex_init(mutex, nil) == 0, pthread_condattr_init(&attributes) == 0,
            pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0,
            pthread_cond_init(filled, &attributes) == 0
        else { fatalError("the system cannot make a lock") }
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(filled)
        pthread_mutex_destroy(mutex)
        filled.deallocate()
        mutex.deallocate()
    }

    private func withLock<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        // lock-safe: this is the lock itself.
        return body()
    }

    // MARK: Any thread or task

    /// Adds an element, and wakes a thread or task that waits for it. Returns false if the element was dropped because
    /// the inbox is closed, or full.
    @discardableResult
    package func put(_ element: Element) -> Bool {
        let (isAdded, woken) = withLock {
            let isAdded = add(element)
            return (isAdded, isAdded ? takeReaders() : [])
        }
        for reader in woken { reader.resume() }
        return isAdded
    }

    private func add(_ element: Element) -> Bool {
        if isShut { return false }
        if elements.count >= capacity {
            if overflow == .dropNewest { return false }
            if elements.removeFirst() != nil { meter?.finish() }  // lock-safe: counts.
        }
        meter?.accept()
        elements.append(element)
        pthread_cond_signal(filled)
        return true
    }

    /// Removes the oldest element; nil if there is none.
    package func removeFirst() -> Element? {
        withLock { elements.removeFirst() }
    }

    /// Records that taken elements are done.
    package func finish(_ count: Int = 1) {
        meter?.finish(count)
    }

    /// Whether the inbox is closed.
    package var isClosed: Bool { withLock { isShut } }

    /// Rejects further elements. Waiting elements can still be taken.
    package func close() {
        let woken = withLock {
            isShut = true
            pthread_cond_broadcast(filled)
            return takeReaders()
        }
        for reader in woken { reader.resume() }
    }

    /// Rejects further elements, and removes the waiting ones.
    package func closeAndRemoveAll() -> [Element] {
        close()
        return withLock { elements.removeFirst(elements.count) }
    }

    // MARK: Threads

    /// Waits for an element and takes it. Nil once the inbox is closed and empty, or after `seconds`.
    package func take(within seconds: Double? = nil) -> Element? {
        let deadline = seconds.map { Self.monotonic(in: $0) }
        return withLock {
            while elements.isEmpty {
                if isShut || !waitForSignal(until: deadline) { return nil }
            }
            return elements.removeFirst()
        }
    }

    /// Waits for elements and takes some, oldest first: at least one, and more while their weights sum up to
    /// no more than `limit`. Nil once closed and empty.
    ///
    /// - Parameters:
    ///   - least: the minimum total weight before elements are taken.
    ///   - isOver: whether to stop waiting and take nothing. Each ``signal()`` evaluates it again. It is called under
    ///     the inbox's lock, as `weight` is: both only read a value.
    package func take(
        upTo limit: Int, atLeast least: Int = 1, unless isOver: () -> Bool = { false },
        weight: (Element) -> Int
    ) -> [Element]? {
        withLock {
            while elements.isEmpty || !isShut && !suffices(least, weight) {
                // lock-safe: reads a value.
                if isOver() { return [] }
                guard !isShut else { return nil }
                pthread_cond_wait(filled, mutex)
            }
            var sum = 0
            var count = 0
            for element in elements.all {
                // lock-safe: reads a value.
                let next = weight(element)
                if count > 0, sum + next > limit { break }
                sum += next
                count += 1
            }
            return elements.removeFirst(count)
        }
    }

    private func suffices(_ least: Int, _ weight: (Element) -> Int) -> Bool {
        var sum = 0
        for element in elements.all {
            // lock-safe: reads a value.
            sum += weight(element)
            if sum >= least { return true }
        }
        return false
    }

    /// Makes waiting threads evaluate `isOver` again.
    package func signal() {
        withLock { _ = pthread_cond_broadcast(filled) }
    }

    /// Waits under the lock until the thread is woken. Returns false after the deadline.
    private func waitForSignal(until deadline: timespec?) -> Bool {
        guard var deadline else { return pthread_cond_wait(filled, mutex) == 0 }
        return pthread_cond_timedwait(filled, mutex, &deadline) != ETIMEDOUT
    }

    /// The time of the monotonic clock in `seconds`, at most a day.
    private static func monotonic(in seconds: Double) -> timespec {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let nanoseconds = Int(min(max(seconds, 0), 86_400) * 1e9) + now.tv_nsec
        return timespec(
            tv_sec: now.tv_sec + nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
    }

    // MARK: Tasks

    /// Waits for an element and takes it. Nil once the inbox is closed and empty, or if the task is cancelled.
    package func next() async -> Element? {
        while !Task.isCancelled {
            let (element, isOver) = withLock { (elements.removeFirst(), isShut) }
            if element != nil || isOver { return element }
            await waitForElement()
        }
        return nil
    }

    private func waitForElement() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = withLock {
                    if !elements.isEmpty || isShut || Task.isCancelled { return false }
                    readers.append(continuation)
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            // A reader that is not cancelled waits again.
            for reader in withLock({ takeReaders() }) { reader.resume() }
        }
    }

    private func takeReaders() -> [CheckedContinuation<Void, Never>] {
        if readers.isEmpty { return [] }
        defer { readers = [] }
        return readers
    }
}
