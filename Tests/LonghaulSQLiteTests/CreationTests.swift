import LonghaulCore
import Testing

@testable import LonghaulSQLite

/// A store whose creation is interrupted.
struct CreationTests {
    @Test func theFileOfAnInterruptedCreationIsNoStore() throws {
        let journal: [UInt8] =
            [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7] + [UInt8](repeating: 0, count: 92)
        func isStore(_ journal: [UInt8]) throws -> Bool {
            try StoreFile.isStore("x") { (path) throws(LonghaulError) in
                path == "x" ? [UInt8](repeating: 1, count: 100) : journal
            }
        }
        #expect(try !isStore(journal))
        var later = journal
        later[19] = 7
        for journal in [[], later, journal.map { $0 ^ 1 }] {
            #expect(throws: LonghaulError.self) { try isStore(journal) }
        }
    }
}
