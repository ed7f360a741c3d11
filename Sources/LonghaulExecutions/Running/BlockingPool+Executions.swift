import Foundation
import LonghaulConcurrency

extension BlockingPool {
    /// Threads that compute the steps of executions and test states. One expression may take a second, so these must be
    /// neither the threads that all tasks share nor those that read files. There are few, so that they leave the other
    /// threads time.
    static let steps = BlockingPool(maxThreads: max(2, ProcessInfo.processInfo.activeProcessorCount / 2))
    /// Threads that read and check long definitions.
    static let definitions = BlockingPool(maxThreads: 2)
}
