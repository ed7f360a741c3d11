import LonghaulClient

struct Resize: JobKind {
    static let kind = "image.resize"
    struct Payload: Codable, Sendable { var source: String; var width: Int }
    struct Output: Codable, Sendable { var bytes: Int }
}
