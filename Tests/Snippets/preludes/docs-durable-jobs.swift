import Foundation
import LonghaulWorkflow

struct Order: Codable, Sendable { var id: Int; var amount: Int }
struct Receipt: Codable, Sendable, Equatable { var payment: String }
struct Month: Codable, Sendable { var number: Int }
struct Payment: Codable, Sendable {}
struct Report: Codable, Sendable {}
struct Resize: JobKind {
    static let kind = "resize"
    struct Payload: Codable, Sendable { var source: String; var width: Int }
    typealias Output = String
}
struct Encode: JobKind {
    static let kind = "encode"
    typealias Payload = Int
    typealias Output = String
}
protocol Shop: Sendable {
    func charge(_ order: Order, idempotencyKey: String) async throws -> String
    func ship(_ order: Order) async throws
    func insure(_ order: Order) async throws
}
struct FakeShop: Shop {
    func charge(_ order: Order, idempotencyKey: String) async throws -> String { "payment-1" }
    func ship(_ order: Order) async throws {}
    func insure(_ order: Order) async throws {}
}
struct OtherSystems: Sendable {
    func quote(_ order: Order) async throws -> Int { 1 }
    func create(_ signup: String) async throws -> String { signup }
    func delete(_ account: String) async throws {}
    func send(_ text: String) async throws {}
    func write(_ month: Month) async throws {}
}
let (rates, accounts, mail, reports) = (OtherSystems(), OtherSystems(), OtherSystems(), OtherSystems())
let shop = FakeShop()
let flow: Flow = stub()
let order = Order(id: 7, amount: 900)
let month = Month(number: 1)
let invoice: (dueDate: Date, number: Int) = (Date(), 1)
let (url, server, signup, request) = ("http://127.0.0.1/a.jpg", "http://127.0.0.1:8080", "ada", [1])
let pieces = [1, 2, 3]
let bytes: [UInt8] = []
struct Approval: Codable, Sendable { var approved: Bool }
