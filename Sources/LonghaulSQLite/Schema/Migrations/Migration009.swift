extension Migration {
    /// When each queue was last used, and which queues were deleted while ended jobs of theirs are still kept.
    static let forgetting = Migration(
        version: 9,
        sql: """
            ALTER TABLE queues ADD COLUMN used_at INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE queues ADD COLUMN is_deleted INTEGER NOT NULL DEFAULT 0;
            UPDATE queues SET used_at = CAST(strftime('%s', 'now') AS INTEGER) * 1000;
            """)
}
