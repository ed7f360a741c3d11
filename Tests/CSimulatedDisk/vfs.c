#include "disk.h"

#include <stdlib.h>
#include <string.h>

/// Whether the process that opened the file is gone, or its machine has stopped.
static bool is_dead(const handle *handle) { return handle->boot != handle->disk->boot || handle->disk->is_stopped; }

/// Whether the operation, which changes the disk, does not take place.
static bool is_cut_off(handle *handle) { return is_dead(handle) || stops(handle->disk); }

static bool is_log(const handle *handle) { return handle->kind == SQLITE_OPEN_WAL; }

// Files.

static int close_file(sqlite3_file *base) {
    handle *handle = (void *)base;
    unmap_memory(handle);
    if (handle->boot == handle->disk->boot) unlock_file(handle, SQLITE_LOCK_NONE);
    if (handle->deleted_at_close && !is_cut_off(handle)) remove_file(handle->disk, handle->deleted_at_close);
    free(handle->deleted_at_close);
    release_file(handle->file);
    return SQLITE_OK;
}

static int read_file(sqlite3_file *base, void *bytes, int length, sqlite3_int64 offset) {
    handle *handle = (void *)base;
    simulated_disk *disk = handle->disk;
    if (is_dead(handle)) return SQLITE_IOERR_READ;
    if (strikes(disk, disk->faults.read, &disk->counts.reads)) return SQLITE_IOERR_READ;
    const buffer *contents = &handle->file->now;
    size_t available = (size_t)offset < contents->size ? contents->size - (size_t)offset : 0;
    if (available > (size_t)length) available = (size_t)length;
    if (strikes(disk, disk->faults.short_read, &disk->counts.short_reads)) {
        if (!is_log(handle)) return SQLITE_IOERR_READ;
        available = random_below(disk, (uint32_t)available);
    }
    if (available) memcpy(bytes, contents->bytes + offset, available);
    if (available == (size_t)length) return SQLITE_OK;
    memset((uint8_t *)bytes + available, 0, (size_t)length - available);
    return SQLITE_IOERR_SHORT_READ;
}

static uint64_t big_endian(const uint8_t *bytes, int count) {
    uint64_t value = 0;
    while (count--) value = value << 8 | *bytes++;
    return value;
}

/// Notes the transaction if the bytes are the header of its last frame, which alone has the size of the database.
static void note_commit(handle *handle, const uint8_t *bytes, int length, sqlite3_int64 offset) {
    enum { LOG_HEADER = 32, FRAME_HEADER = 24, DATABASE_SIZE = 4, SALT = 8, CHECKSUM = 16 };
    if (!is_log(handle) || length != FRAME_HEADER || offset < LOG_HEADER) return;
    if (!big_endian(bytes + DATABASE_SIZE, 4)) return;
    handle->disk->commits++;
    handle->disk->written_commit.checksum = big_endian(bytes + CHECKSUM, 8);
    memcpy(&handle->disk->written_commit.salt, bytes + SALT, 8);
}

/// Stores a part of a write that fails: none, all, or up to any sector.
static void write_part(handle *handle, const void *bytes, int length, sqlite3_int64 offset) {
    uint32_t sectors = random_below(handle->disk, (uint32_t)length / SECTOR + 2);
    size_t part = sectors * SECTOR < (uint32_t)length ? sectors * SECTOR : (size_t)length;
    write_file(handle->file, bytes, part, (size_t)offset);
}

static int write_bytes(sqlite3_file *base, const void *bytes, int length, sqlite3_int64 offset) {
    handle *handle = (void *)base;
    simulated_disk *disk = handle->disk;
    if (is_dead(handle)) return SQLITE_IOERR_WRITE;
    note_commit(handle, bytes, length, offset);
    if (stops(disk)) {
        write_part(handle, bytes, length, offset);
        return SQLITE_IOERR_WRITE;
    }
    bool grows = (size_t)offset + (size_t)length > handle->file->now.size;
    if (strikes(disk, disk->faults.write, &disk->counts.writes)) {
        write_part(handle, bytes, length, offset);
        return SQLITE_IOERR_WRITE;
    }
    bool has_no_room = grows && disk->is_full;
    if (has_no_room) disk->counts.full++;
    if (has_no_room || strikes(disk, disk->faults.full, &disk->counts.full)) {
        write_part(handle, bytes, has_no_room ? 0 : length, offset);
        return SQLITE_FULL;
    }
    write_file(handle->file, bytes, (size_t)length, (size_t)offset);
    return SQLITE_OK;
}

static int truncate_at(sqlite3_file *base, sqlite3_int64 size) {
    handle *handle = (void *)base;
    simulated_disk *disk = handle->disk;
    if (is_cut_off(handle) || strikes(disk, disk->faults.write, &disk->counts.writes)) return SQLITE_IOERR_TRUNCATE;
    truncate_file(handle->file, (size_t)size);
    return SQLITE_OK;
}

static int sync_contents(sqlite3_file *base, int flags) {
    (void)flags;
    handle *handle = (void *)base;
    simulated_disk *disk = handle->disk;
    if (is_cut_off(handle)) return SQLITE_IOERR_FSYNC;
    if (strikes(disk, disk->faults.sync, &disk->counts.syncs)) {
        // As on Linux: a failed sync may leave the pages clean, so that no later one writes them.
        if (random_below(disk, 2)) forget_changes(handle->file);
        return SQLITE_IOERR_FSYNC;
    }
    sync_file(handle->file);
    if (handle->syncs_directory) sync_directory(disk);
    handle->syncs_directory = false;
    return SQLITE_OK;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *size) {
    handle *handle = (void *)base;
    if (is_dead(handle)) return SQLITE_IOERR_FSTAT;
    *size = (sqlite3_int64)handle->file->now.size;
    return SQLITE_OK;
}

static int lock(sqlite3_file *base, int level) {
    handle *handle = (void *)base;
    return is_dead(handle) ? SQLITE_IOERR_LOCK : lock_file(handle, level);
}

static int unlock(sqlite3_file *base, int level) {
    handle *handle = (void *)base;
    if (!is_dead(handle)) unlock_file(handle, level);
    return SQLITE_OK;
}

static int check_reserved_lock(sqlite3_file *base, int *is_reserved) {
    handle *handle = (void *)base;
    if (is_dead(handle)) return SQLITE_IOERR_CHECKRESERVEDLOCK;
    *is_reserved = handle->file->reserved != NULL;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int operation, void *argument) {
    (void)base, (void)operation, (void)argument;
    return SQLITE_NOTFOUND;
}

/// The size that SQLite's own VFS for Unix gives. The disk tears writes at a finer grain.
static int sector_size(sqlite3_file *base) {
    (void)base;
    return 4096;
}

static int characteristics(sqlite3_file *base) {
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

// Shared memory.

static int shm_map(sqlite3_file *base, int region, int size, int extends, void volatile **pointer) {
    handle *handle = (void *)base;
    simulated_disk *disk = handle->disk;
    if (is_dead(handle) || strikes(disk, disk->faults.open, &disk->counts.opens)) return SQLITE_IOERR_SHMMAP;
    return map_memory(handle, region, size, extends, pointer);
}

static int shm_lock(sqlite3_file *base, int offset, int count, int flags) {
    handle *handle = (void *)base;
    return is_dead(handle) ? SQLITE_IOERR_SHMLOCK : lock_memory(handle, offset, count, flags);
}

static void shm_barrier(sqlite3_file *base) { (void)base; }

static int shm_unmap(sqlite3_file *base, int deletes) {
    (void)deletes;
    unmap_memory((void *)base);
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_bytes,
    .xTruncate = truncate_at,
    .xSync = sync_contents,
    .xFileSize = file_size,
    .xLock = lock,
    .xUnlock = unlock,
    .xCheckReservedLock = check_reserved_lock,
    .xFileControl = file_control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

// The VFS.

static int open_file(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags, int *actual) {
    simulated_disk *disk = vfs->pAppData;
    handle *handle = (void *)base;
    memset(handle, 0, sizeof *handle);
    if (disk->is_stopped || strikes(disk, disk->faults.open, &disk->counts.opens)) return SQLITE_CANTOPEN;
    file *file = path ? find_file(disk, path) : create_file();
    bool is_new = path && !file;
    if (is_new) {
        if (!(flags & SQLITE_OPEN_CREATE) || stops(disk)) return SQLITE_CANTOPEN;
        file = add_file(disk, path);
    }
    int journals = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
    handle->base.pMethods = &methods;
    handle->disk = disk;
    handle->file = file;
    handle->boot = disk->boot;
    handle->kind = flags & (journals | SQLITE_OPEN_MAIN_DB);
    handle->syncs_directory = flags & SQLITE_OPEN_CREATE && flags & journals;
    if (path && flags & SQLITE_OPEN_DELETEONCLOSE) handle->deleted_at_close = strdup(path);
    file->references++;
    if (actual) *actual = flags;
    return SQLITE_OK;
}

/// Unlike the others this operation has no file, so it cannot know its process: see simulated_disk_restart.
static int delete_file(sqlite3_vfs *vfs, const char *path, int syncs) {
    simulated_disk *disk = vfs->pAppData;
    if (stops(disk) || strikes(disk, disk->faults.write, &disk->counts.writes)) return SQLITE_IOERR_DELETE;
    if (!find_file(disk, path)) return SQLITE_IOERR_DELETE_NOENT;
    remove_file(disk, path);
    if (syncs) sync_directory(disk);
    return SQLITE_OK;
}

static int access_file(sqlite3_vfs *vfs, const char *path, int flags, int *result) {
    simulated_disk *disk = vfs->pAppData;
    if (disk->is_stopped) return SQLITE_IOERR_ACCESS;
    file *file = find_file(disk, path);
    // As SQLite's own VFS for Unix: an empty file does not exist.
    *result = file && (flags != SQLITE_ACCESS_EXISTS || file->now.size > 0);
    return SQLITE_OK;
}

static int full_path(sqlite3_vfs *vfs, const char *path, int size, char *result) {
    (void)vfs;
    if (strlen(path) >= (size_t)size) return SQLITE_CANTOPEN;
    strcpy(result, path);
    return SQLITE_OK;
}

static int randomness(sqlite3_vfs *vfs, int count, char *bytes) {
    for (int index = 0; index < count; index++) bytes[index] = (char)next_random(vfs->pAppData);
    return count;
}

static int sleep_microseconds(sqlite3_vfs *vfs, int microseconds) {
    (void)vfs;
    return microseconds;
}

static int current_time(sqlite3_vfs *vfs, double *days) {
    (void)vfs;
    *days = 2461000.5;
    return SQLITE_OK;
}

static int last_error(sqlite3_vfs *vfs, int size, char *message) {
    (void)vfs, (void)size, (void)message;
    return 0;
}

void initialize_vfs(simulated_disk *disk) {
    disk->vfs = (sqlite3_vfs){
        .iVersion = 1,
        .szOsFile = sizeof(handle),
        .mxPathname = 512,
        .zName = disk->name,
        .pAppData = disk,
        .xOpen = open_file,
        .xDelete = delete_file,
        .xAccess = access_file,
        .xFullPathname = full_path,
        .xRandomness = randomness,
        .xSleep = sleep_microseconds,
        .xCurrentTime = current_time,
        .xGetLastError = last_error,
    };
}
