import LonghaulCore
import Testing

@testable import LonghaulEngine

struct DiskFloorTests {
    @Test func aSizeBeyondAnIntegerIsTheLargestInteger() {
        #expect(DiskFloor.bytes(blocks: 3, size: 4096) == 12_288)
        #expect(DiskFloor.bytes(blocks: .max, size: 4096) == .max)
        #expect(DiskFloor.bytes(blocks: 1 << 63, size: 1) == .max)
    }

    @Test func aFolderThatCannotBeMeasuredIsCounted() throws {
        let floor = DiskFloor(folders: ["/no/such/folder"], minFreeBytes: nil, time: SystemTime())
        try floor.check()
        #expect(floor.disks.isEmpty)
        #expect(floor.failures >= 1)
    }
}
