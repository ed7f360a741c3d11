extension Migration {
    /// Room in each page for every job in it to be claimed before any of them is completed: rows are stored in
    /// the order of their identifiers, and claimed in that order too, so the jobs of a page are taken in one
    /// transaction, none of whose old rows can make room for the new. With less, every second claim went to
    /// another page, and into every index.
    static let roomForUpdates = Migration(
        version: 4, statements: ["ALTER TABLE longhaul.jobs SET (fillfactor = 40)"])
}
