import LonghaulCore
import LonghaulStore

/// The connection of a reading thread. A read sees the state of the database at its beginning.
struct ReadingConnection: CallPoolMember {
    private static let begin = Query("BEGIN")
    private static let end = Query("ROLLBACK")

    let connection: Connection
    let server: JobLoader.Server

    func run(_ call: any Call<JobLoader>) {
        do {
            try connection.run(Self.begin)
            do {
                try call.run(in: JobLoader(connection: connection, server: server))
            } catch {
                // SQLite ends the transaction by itself after some errors, such as a failed read.
                if connection.isInTransaction { try connection.run(Self.end) }
                throw error
            }
            try connection.run(Self.end)
            call.answer()
        } catch {
            call.fail(LonghaulError(error))
        }
    }

    func close() {
        connection.close()
    }
}
