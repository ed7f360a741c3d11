import CBacktrace
import Glibc

/// A thread with a name for tools and stacks.
public enum NamedThread {
    private final class Body {
        let name: String
        let run: @Sendable () -> Void

        init(_ name: String, _ run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Starts a thread that ends when `body` returns. Returns false if the system has no thread left.
    ///
    /// - Parameter name: the name, of which 15 bytes are shown.
    public static func start(_ name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(Body(name, body))
        let code = pthread_create(&thread, nil, enter, argument.toOpaque())
        guard code == 0 else {
            argument.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    /// Sets the name of the calling thread.
    public static func name(_ name: String) {
        longhaul_name_thread(name)
    }

    private static let enter: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
        argument in
        guard let argument else { return nil }
        let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
        longhaul_name_thread(body.name)
        body.run()
        return nil
    }
}
