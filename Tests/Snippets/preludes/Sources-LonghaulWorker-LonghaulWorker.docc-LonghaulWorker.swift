import LonghaulClient
import LonghaulWorker

struct Resize: JobKind {
    static let kind = "image.resize"
    struct Payload: Codable, Sendable { var source: String; var width: Int }
    struct Output: Codable, Sendable { var bytes: Int }
}
let client = try LonghaulClient()
@Sendable func resize(_ payload: Resize.Payload) async throws -> Resize.Output { .init(bytes: 0) }
