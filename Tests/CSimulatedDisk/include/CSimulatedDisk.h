#ifndef LONGHAUL_SIMULATED_DISK_H
#define LONGHAUL_SIMULATED_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A disk in memory with an SQLite VFS of its own. Reads see every write, as through the cache of an operating system. A
// power failure keeps what was synced and any part of the rest. One number decides all of that.
//
// Promises of the disk, which its VFS declares to SQLite:
// - A write changes no byte outside its range, also if power fails (SQLITE_IOCAP_POWERSAFE_OVERWRITE, as SQLite's own VFS
//   for Unix declares). The part of a write within one sector of 512 bytes is stored whole or not at all. Different
//   sectors of one write are stored independently and in any order.
// - xSync makes the contents and the size of the file durable. The first xSync of a journal or log that was opened with
//   SQLITE_OPEN_CREATE also makes the directory durable, as SQLite's own VFS for Unix does. Nothing else does, except
//   xDelete with its sync flag.
// - A power failure keeps the first n changes of the directory since it was durable, for any n.
// - The part of a file between its former end and a surviving write beyond it has any contents.
//
// One thread uses a disk at a time.

typedef struct simulated_disk simulated_disk;

/// The number of operations of each kind that fail, out of 100,000.
typedef struct {
    uint32_t read;       ///< xRead fails.
    uint32_t short_read; ///< xRead of a write-ahead log returns a part. xRead of another file fails instead: SQLite
                         ///< takes a short read there for the end of the file.
    uint32_t write;      ///< xWrite fails and may store a part, xTruncate and xDelete fail.
    uint32_t full;       ///< xWrite finds no space and may store a part.
    uint32_t sync;       ///< xSync fails. What it was to make durable may be lost although a later xSync succeeds.
    uint32_t open;       ///< xOpen and xShmMap fail.
} simulated_faults;

/// The identity of a transaction in the write-ahead log: the salt of the log, and the checksum of its last frame.
typedef struct {
    uint64_t salt;
    uint64_t checksum;
} simulated_commit;

/// What has struck since the disk was created.
typedef struct {
    uint32_t reads, short_reads, writes, full, syncs, opens;
} simulated_fault_counts;

/// Creates an empty disk and registers its VFS. Returns NULL without memory.
simulated_disk *simulated_disk_create(uint64_t seed);

/// Creates a disk with the contents of another, synced or not. No file of it is open.
simulated_disk *simulated_disk_copy(const simulated_disk *other, uint64_t seed);

/// Removes the VFS and frees the disk. All its files must be closed.
void simulated_disk_free(simulated_disk *disk);

/// The name of the VFS.
const char *simulated_disk_vfs(const simulated_disk *disk);

/// Sets the faults that strike from now on.
void simulated_disk_set_faults(simulated_disk *disk, simulated_faults faults);

/// Sets whether writes beyond the end of a file find no space.
void simulated_disk_set_full(simulated_disk *disk, bool is_full);

/// Stops the machine after this number of operations that change the disk; -1 for never. From then on each
/// operation fails and has no effect, until the machine restarts.
void simulated_disk_stop_after(simulated_disk *disk, int64_t operations);

/// Stops the machine now.
void simulated_disk_stop(simulated_disk *disk);

/// Whether the machine has stopped.
bool simulated_disk_is_stopped(const simulated_disk *disk);

/// Starts the machine again, after it has stopped. The connections of the process that ran must be closed before: SQLite
/// could otherwise delete files in its name.
///
/// If power failed, any part of what was not synced is lost. Otherwise only the process ended, and nothing is lost.
void simulated_disk_restart(simulated_disk *disk, bool power_failed);

/// Copies the first bytes of a file. Returns their number, which is 0 if there is no such file.
size_t simulated_disk_read(const simulated_disk *disk, const char *path, uint8_t *bytes, size_t count);

/// The size of a file; -1 if there is no such file.
int64_t simulated_disk_size(const simulated_disk *disk, const char *path);

/// The transaction whose last frame was written most recently; zeros if none was.
simulated_commit simulated_disk_written_commit(const simulated_disk *disk);

/// How often the last frame of a transaction was written. The same transaction can be written more than once.
uint64_t simulated_disk_commits(const simulated_disk *disk);

/// The last transaction in the index of the log of the database at `path`. If no connection is open, that which the
/// index had when the last connection closed. Zeros if the log had none, or was not open since the machine started.
simulated_commit simulated_disk_indexed_commit(const simulated_disk *disk, const char *path);

simulated_fault_counts simulated_disk_fault_counts(const simulated_disk *disk);

#endif
