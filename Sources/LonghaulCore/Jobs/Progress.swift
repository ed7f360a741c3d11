/// How far an attempt has come, as its worker last told it.
public struct Progress: Sendable, Hashable {
    /// 0 to 100.
    public var percent: Double
    /// What it is doing, for people.
    public var message: String?

    /// Progress of so many percent.
    public init(percent: Double, message: String? = nil) {
        self.percent = percent
        self.message = message
    }
}
