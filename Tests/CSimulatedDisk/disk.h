#ifndef LONGHAUL_DISK_H
#define LONGHAUL_DISK_H

// The parts of the disk: contents (contents.c), directory and power (disk.c), locks and shared memory (locks.c), SQLite's
// interface (vfs.c).

#include "CSimulatedDisk.h"

#include <sqlite3.h>

enum { SECTOR = 512 };

/// Bytes that grow.
typedef struct {
    uint8_t *bytes;
    size_t size, capacity;
} buffer;

/// A write or a truncation that is not durable.
typedef struct {
    bool is_truncation;
    size_t offset, length;
    size_t start; ///< of the bytes in `written`
} change;

/// The memory and the locks by which the connections of one process share the index of a log.
typedef struct {
    int references;
    int count;
    void **regions;
    int readers[SQLITE_SHM_NLOCK];
    const void *owners[SQLITE_SHM_NLOCK];
} shared_memory;

typedef struct {
    int references; ///< of directories and open files
    buffer now;     ///< what reads see
    buffer durable; ///< what a power failure cannot take
    change *changes;
    size_t count, capacity;
    buffer written;
    // The locks of the process that runs now.
    int readers;
    const void *reserved, *pending, *exclusive;
    shared_memory *memory;
} file;

typedef struct {
    char *path;
    file *file; ///< NULL for a removal, in a list of changes
} entry;

typedef struct {
    entry *entries;
    size_t count, capacity;
} directory;

struct simulated_disk {
    sqlite3_vfs vfs;
    char name[32];
    uint64_t random;
    directory now, durable;
    directory changes; ///< of the directory since it was durable
    int boot;          ///< counts restarts; a file that was opened before the latest one never works again
    bool is_stopped, is_full;
    int64_t operations_left; ///< until the machine stops; -1 for never
    simulated_faults faults;
    simulated_fault_counts counts;
    simulated_commit written_commit;
    uint64_t commits; ///< written to the log
    simulated_commit closed_commit; ///< that the index of the log had when its last connection closed
};

/// An open file.
typedef struct {
    sqlite3_file base;
    simulated_disk *disk;
    file *file;
    shared_memory *memory;
    char *deleted_at_close;
    int boot;
    int kind; ///< SQLITE_OPEN_MAIN_DB, …
    bool syncs_directory;
    int lock;
    int read_locks, write_locks; ///< masks of locks on shared memory
} handle;

// contents.c
void reserve(void **items, size_t *capacity, size_t count, size_t size);
void resize(buffer *buffer, size_t size);
file *create_file(void);
file *copy_file(const file *other);
void release_file(file *file);
void write_file(file *file, const void *bytes, size_t length, size_t offset);
void truncate_file(file *file, size_t size);
void sync_file(file *file);
void forget_changes(file *file);
void lose_power(simulated_disk *disk, file *file);

// disk.c
uint64_t next_random(simulated_disk *disk);
uint32_t random_below(simulated_disk *disk, uint32_t bound);
bool strikes(simulated_disk *disk, uint32_t rate, uint32_t *count);
bool stops(simulated_disk *disk);
file *find_file(const simulated_disk *disk, const char *path);
file *add_file(simulated_disk *disk, const char *path);
void remove_file(simulated_disk *disk, const char *path);
void sync_directory(simulated_disk *disk);

// locks.c
int lock_file(handle *handle, int level);
void unlock_file(handle *handle, int level);
int map_memory(handle *handle, int region, int size, int extends, void volatile **pointer);
int lock_memory(handle *handle, int offset, int count, int flags);
void unmap_memory(handle *handle);
simulated_commit indexed_commit(const shared_memory *memory);
void release_memory(shared_memory *memory);

// vfs.c
void initialize_vfs(simulated_disk *disk);

#endif
