package import LonghaulCore
package import LonghaulStore

extension StoreCall {
    /// The tokens that the call presents, in order.
    package var tokens: [LeaseToken] {
        switch self {
        case .heartbeat(let heartbeat): heartbeat.beats.map(\.token)
        case .complete(let completions): completions.map(\.token)
        case .fail(let failures): failures.map(\.token)
        case .release(let tokens): tokens
        case .attach(let token, _), .journal(let token, _), .advance(let token, _): [token]
        default: []
        }
    }
}
