#include "disk.h"

#include <stdlib.h>
#include <string.h>

// Locks of files.

static bool is_others(const void *owner, const handle *handle) { return owner && owner != handle; }

int lock_file(handle *handle, int level) {
    file *file = handle->file;
    if (handle->lock >= level) return SQLITE_OK;
    if (level == SQLITE_LOCK_SHARED) {
        if (is_others(file->pending, handle) || is_others(file->exclusive, handle)) return SQLITE_BUSY;
        file->readers++;
        handle->lock = level;
        return SQLITE_OK;
    }
    if (is_others(file->reserved, handle) || is_others(file->pending, handle)) return SQLITE_BUSY;
    if (level == SQLITE_LOCK_RESERVED) {
        file->reserved = handle;
        handle->lock = level;
        return SQLITE_OK;
    }
    file->pending = handle;
    handle->lock = SQLITE_LOCK_PENDING;
    if (file->readers > 1) return SQLITE_BUSY;
    file->exclusive = handle;
    handle->lock = SQLITE_LOCK_EXCLUSIVE;
    return SQLITE_OK;
}

void unlock_file(handle *handle, int level) {
    file *file = handle->file;
    if (handle->lock <= level) return;
    if (file->exclusive == handle) file->exclusive = NULL;
    if (file->pending == handle) file->pending = NULL;
    if (file->reserved == handle) file->reserved = NULL;
    if (level == SQLITE_LOCK_NONE) file->readers--;
    handle->lock = level;
}

// Shared memory.

void release_memory(shared_memory *memory) {
    if (--memory->references > 0) return;
    for (int index = 0; index < memory->count; index++) free(memory->regions[index]);
    free(memory->regions);
    free(memory);
}

static void adopt_memory(handle *handle) {
    if (handle->memory) return;
    file *file = handle->file;
    if (!file->memory) {
        file->memory = calloc(1, sizeof *file->memory);
        if (!file->memory) abort();
        file->memory->references = 1;
    }
    handle->memory = file->memory;
    handle->memory->references++;
}

int map_memory(handle *handle, int region, int size, int extends, void volatile **pointer) {
    adopt_memory(handle);
    shared_memory *memory = handle->memory;
    *pointer = NULL;
    while (extends && memory->count <= region) {
        void **regions = realloc(memory->regions, (size_t)(memory->count + 1) * sizeof *regions);
        if (!regions) return SQLITE_IOERR_NOMEM;
        memory->regions = regions;
        regions[memory->count] = calloc(1, (size_t)size);
        if (!regions[memory->count]) return SQLITE_IOERR_NOMEM;
        memory->count++;
    }
    if (region < memory->count) *pointer = memory->regions[region];
    return SQLITE_OK;
}

static void unlock_memory(handle *handle, int index) {
    int mask = 1 << index;
    if (handle->read_locks & mask) handle->memory->readers[index]--;
    if (handle->write_locks & mask) handle->memory->owners[index] = NULL;
    handle->read_locks &= ~mask;
    handle->write_locks &= ~mask;
}

static bool can_lock_memory(const handle *handle, int index, bool writes) {
    const shared_memory *memory = handle->memory;
    if (is_others(memory->owners[index], handle)) return false;
    int own = handle->read_locks >> index & 1;
    return !writes || memory->readers[index] == own;
}

int lock_memory(handle *handle, int offset, int count, int flags) {
    adopt_memory(handle);
    bool writes = flags & SQLITE_SHM_EXCLUSIVE;
    if (flags & SQLITE_SHM_UNLOCK) {
        for (int index = offset; index < offset + count; index++) unlock_memory(handle, index);
        return SQLITE_OK;
    }
    for (int index = offset; index < offset + count; index++) {
        if (!can_lock_memory(handle, index, writes)) return SQLITE_BUSY;
    }
    for (int index = offset; index < offset + count; index++) {
        int mask = 1 << index;
        if (writes) {
            handle->memory->owners[index] = handle;
            handle->write_locks |= mask;
        } else if (!(handle->read_locks & mask)) {
            handle->memory->readers[index]++;
            handle->read_locks |= mask;
        }
    }
    return SQLITE_OK;
}

/// The last transaction in the index of a log; zeros if there is none.
simulated_commit indexed_commit(const shared_memory *memory) {
    // The places of SQLite's WalIndexHdr: the number of frames, the checksum of the last one, the salt.
    enum { FRAMES = 16, CHECKSUM = 24, SALT = 32 };
    simulated_commit commit = {0};
    if (!memory->count) return commit;
    const uint8_t *header = memory->regions[0];
    uint32_t frames, checksum[2];
    memcpy(&frames, header + FRAMES, sizeof frames);
    if (!frames) return commit;
    memcpy(checksum, header + CHECKSUM, sizeof checksum);
    commit.checksum = (uint64_t)checksum[0] << 32 | checksum[1];
    memcpy(&commit.salt, header + SALT, sizeof commit.salt);
    return commit;
}

/// Releases the memory. The last connection of a process takes it along.
void unmap_memory(handle *handle) {
    if (!handle->memory) return;
    for (int index = 0; index < SQLITE_SHM_NLOCK; index++) unlock_memory(handle, index);
    file *file = handle->file;
    bool is_current = file->memory == handle->memory;
    if (is_current && file->memory->references == 2) {
        handle->disk->closed_commit = indexed_commit(file->memory);
        file->memory = NULL;
        release_memory(handle->memory);
    }
    release_memory(handle->memory);
    handle->memory = NULL;
}
