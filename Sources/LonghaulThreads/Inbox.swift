import Glibc
package import LonghaulWatch

/// A blocking queue between callers and the threads of the store. Any thread may put elements. A thread that takes
/// elements blocks until there are some.
package final class Inbox<Element: Sendable>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let filled: UnsafeMutablePointer<pthread_cond_t>
    private var elements: [Element] = []
    private var isClosed = false
    private let meter: WorkMeter?

    /// An empty inbox.
    ///
    /// - Parameter meter: counts the elements until their thread calls ``finish(_:)``.
    package init(meter: WorkMeter? = nil) {
        self.meter = meter
        mutex = .allocate(capacity: 1)
        filled = .allocate(capacity: 1)
        guard pthread_mutex_init(mutex, nil) == 0, pthread_cond_init(filled, nil) == 0 else {
            fatalError("the system cannot make a lock")
        }
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

    /// Adds an element; false if the inbox is closed.
    package func put(_ element: Element) -> Bool {
        withLock {
            guard !isClosed else { return false }
            meter?.accept()
            elements.append(element)
            pthread_cond_signal(filled)
            return true
        }
    }

    /// Waits for elements and takes some, oldest first: at least one, and more while their weights sum up to
    /// no more than `limit`. Nil once closed and empty.
    ///
    /// - Parameters:
    ///   - least: the minimum total weight before elements are taken.
    ///   - isOver: whether to stop waiting and take nothing. Each `signal` evaluates it again. It is called under the
    ///     inbox's lock, as `weight` is: both only read a value.
    package func take(
        upTo limit: Int, atLeast least: Int = 1, unless isOver: () -> Bool = { false },
        weight: (Element) -> Int
    ) -> [Element]? {
        withLock {
            while elements.isEmpty || !isClosed && !suffices(least, weight) {
                // lock-safe: reads a value.
                if isOver() { return [] }
                guard !isClosed else { return nil }
                pthread_cond_wait(filled, mutex)
            }
            var sum = 0
            var count = 0
            for element in elements {
                // lock-safe: reads a value.
                let next = weight(element)
                if count > 0, sum + next > limit { break }
                sum += next
                count += 1
            }
            let taken = Array(elements.prefix(count))
            elements.removeFirst(count)
            return taken
        }
    }

    /// Records that taken elements are done.
    package func finish(_ count: Int = 1) {
        meter?.finish(count)
    }

    private func suffices(_ least: Int, _ weight: (Element) -> Int) -> Bool {
        var sum = 0
        for element in elements {
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

    /// Rejects further elements. Waiting elements can still be taken.
    package func close() {
        withLock {
            isClosed = true
            pthread_cond_broadcast(filled)
        }
    }
}
