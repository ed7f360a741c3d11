/// The receivers of webhooks whose latest attempt ended soon.
///
/// They have slots of their own: receivers that let an attempt wait, and receivers that were never called, get at most half of
/// all slots together. So a caller whose receivers never answer does not delay the webhooks of others, under however many
/// names it has receivers.
struct PromptReceivers {
    /// The maximum number of hosts. Beyond it, the one that was called longest ago is forgotten.
    private static let maxHosts = 1000

    /// The number of the latest attempt, by host.
    private var latest: [String: Int] = [:]
    private var attempts = 0

    /// The hosts.
    var hosts: Set<String> { Set(latest.keys) }

    /// Records an attempt that has ended.
    mutating func record(_ host: String, isPrompt: Bool) {
        guard isPrompt else {
            latest[host] = nil
            return
        }
        attempts += 1
        latest[host] = attempts
        guard latest.count > Self.maxHosts, let oldest = latest.min(by: { $0.value < $1.value }) else {
            return
        }
        latest[oldest.key] = nil
    }

    /// All hosts, by name, from the one after `host` on, and then those from the first one on.
    func hosts(after host: String) -> [String] {
        let sorted = latest.keys.sorted()
        let start = sorted.firstIndex { $0 > host } ?? sorted.endIndex
        return Array(sorted[start...] + sorted[..<start])
    }

    /// The number of attempts under way to other hosts.
    func others(in sending: [String: Int]) -> Int {
        sending.reduce(0) { latest[$1.key] == nil ? $0 + $1.value : $0 }
    }
}
