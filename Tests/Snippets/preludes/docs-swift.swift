import LonghaulClient

@Sendable func resize(_ payload: Any) async throws -> [UInt8] { [] }
