import CSimulatedDisk
import LonghaulCore
import LonghaulSQLite

extension Scenario {
    /// Leaves one server, because an SQLite store belongs to one process, and shortens the run: a transaction takes more
    /// time than in memory.
    mutating func fitSQLite(_ dice: Dice) {
        servers = 1
        hasSchedule = hasSchedule && dice.chance(100)
        if !hasSchedule { faultSeconds = dice.seconds(5...20) }
    }
}

/// How often the machine of one run fails, and how the store on it is opened. One seed gives one set of conditions.
struct DiskConditions {
    /// Whether the run begins with an empty disk, so that the creation of the store is part of it.
    var isNew: Bool
    // How often, of a thousand:
    /// the machine stops during a transaction, a checkpoint or an opening;
    var stops: Int
    /// a stop is a power failure. In other stops only the process ends.
    var powerFailures: Int
    /// The faults of the disk.
    var faults: simulated_faults
    /// The length of the log, in pages, from which it is copied into the database.
    var checkpointPages: Int
    var options: SQLiteStoreOptions

    /// Draws conditions. Each fault is absent in about a third of them.
    init(_ dice: Dice) {
        func rate(_ most: UInt32) -> UInt32 { dice.chance(333) ? 0 : 1 + UInt32(dice.below(Int(most))) }
        isNew = dice.chance(50)
        stops = Int(rate(60))
        powerFailures = dice.chance(200) ? 0 : 700
        faults = simulated_faults(
            read: rate(100), short_read: rate(100), write: rate(400), full: rate(400), sync: rate(2000),
            open: rate(1000))
        checkpointPages = dice.number(in: 8...80)
        options = SQLiteStoreOptions(readers: 1)
        options.writerCacheBytes = dice.chance(300) ? 40 << 10 : 1 << 20
        options.maxLogBytes = Int64(dice.number(in: 1...8)) * 100_000
    }
}
