import LonghaulCore
import LonghaulFiles
import LonghaulS3

/// The artifact store of a URL.
struct OpenArtifacts: Sendable {
    let store: any ArtifactInventory
    /// The same store, if it is a bucket.
    private let bucket: S3ArtifactStore?

    /// Opens a store. A folder is created if it does not exist; a bucket must exist.
    ///
    /// - Parameter isReadOnly: whether files are only read, so that no right to write to a bucket is needed.
    /// - Throws: ``LonghaulError`` naming what is wrong with the URL, the folder or the bucket.
    init(_ url: BackendURL, isReadOnly: Bool = false) async throws(LonghaulError) {
        guard url.scheme == "s3" else {
            store = try FileArtifactStore(path: url.place)
            bucket = nil
            return
        }
        let opened = try await S3ArtifactStore.open(S3Address(url.text), isReadOnly: isReadOnly)
        store = opened
        bucket = opened
    }

    func close() async {
        await bucket?.close()
    }
}
