#include "disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t next_random(simulated_disk *disk) {
    uint64_t value = disk->random += 0x9E3779B97F4A7C15;
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9;
    value = (value ^ value >> 27) * 0x94D049BB133111EB;
    return value ^ value >> 31;
}

uint32_t random_below(simulated_disk *disk, uint32_t bound) { return bound > 1 ? (uint32_t)(next_random(disk) % bound) : 0; }

/// Whether a fault of this rate strikes. Counts it.
bool strikes(simulated_disk *disk, uint32_t rate, uint32_t *count) {
    if (!rate || random_below(disk, 100000) >= rate) return false;
    (*count)++;
    return true;
}

/// Whether the machine stops at this operation, or has stopped.
bool stops(simulated_disk *disk) {
    if (disk->is_stopped) return true;
    if (disk->operations_left < 0) return false;
    disk->is_stopped = disk->operations_left-- == 0;
    return disk->is_stopped;
}

// The directory.

static size_t find(const directory *directory, const char *path) {
    size_t index = 0;
    while (index < directory->count && strcmp(directory->entries[index].path, path)) index++;
    return index;
}

static void append(directory *directory, const char *path, file *file) {
    reserve((void **)&directory->entries, &directory->capacity, directory->count + 1, sizeof *directory->entries);
    directory->entries[directory->count++] = (entry){.path = strdup(path), .file = file};
    if (file) file->references++;
}

static void drop(directory *directory, size_t index) {
    entry dropped = directory->entries[index];
    directory->entries[index] = directory->entries[--directory->count];
    free(dropped.path);
    if (dropped.file) release_file(dropped.file);
}

static void clear(directory *directory) {
    while (directory->count) drop(directory, directory->count - 1);
}

static void copy_entries(directory *target, const directory *source) {
    clear(target);
    for (size_t index = 0; index < source->count; index++) {
        append(target, source->entries[index].path, source->entries[index].file);
    }
}

/// Applies a change: a new entry replaces an earlier one; an entry without a file removes it.
static void apply(directory *directory, const entry *change) {
    size_t index = find(directory, change->path);
    if (index < directory->count) drop(directory, index);
    if (change->file) append(directory, change->path, change->file);
}

file *find_file(const simulated_disk *disk, const char *path) {
    size_t index = find(&disk->now, path);
    return index < disk->now.count ? disk->now.entries[index].file : NULL;
}

static void change_directory(simulated_disk *disk, const char *path, file *file) {
    append(&disk->changes, path, file);
    apply(&disk->now, &disk->changes.entries[disk->changes.count - 1]);
}

file *add_file(simulated_disk *disk, const char *path) {
    file *file = create_file();
    change_directory(disk, path, file);
    return file;
}

void remove_file(simulated_disk *disk, const char *path) { change_directory(disk, path, NULL); }

void sync_directory(simulated_disk *disk) {
    if (!disk->changes.count) return;
    clear(&disk->changes);
    copy_entries(&disk->durable, &disk->now);
}

// The disk.

simulated_disk *simulated_disk_create(uint64_t seed) {
    simulated_disk *disk = calloc(1, sizeof *disk);
    if (!disk) return NULL;
    disk->random = seed;
    disk->operations_left = -1;
    snprintf(disk->name, sizeof disk->name, "disk-%p", (void *)disk);
    initialize_vfs(disk);
    if (sqlite3_vfs_register(&disk->vfs, 0) == SQLITE_OK) return disk;
    free(disk);
    return NULL;
}

simulated_disk *simulated_disk_copy(const simulated_disk *other, uint64_t seed) {
    simulated_disk *disk = simulated_disk_create(seed);
    if (!disk) return NULL;
    for (size_t index = 0; index < other->now.count; index++) {
        const entry *entry = &other->now.entries[index];
        append(&disk->now, entry->path, copy_file(entry->file));
    }
    copy_entries(&disk->durable, &disk->now);
    return disk;
}

void simulated_disk_free(simulated_disk *disk) {
    sqlite3_vfs_unregister(&disk->vfs);
    clear(&disk->now);
    clear(&disk->durable);
    clear(&disk->changes);
    free(disk->now.entries);
    free(disk->durable.entries);
    free(disk->changes.entries);
    free(disk);
}

const char *simulated_disk_vfs(const simulated_disk *disk) { return disk->name; }

void simulated_disk_set_faults(simulated_disk *disk, simulated_faults faults) { disk->faults = faults; }

void simulated_disk_set_full(simulated_disk *disk, bool is_full) { disk->is_full = is_full; }

void simulated_disk_stop_after(simulated_disk *disk, int64_t operations) { disk->operations_left = operations; }

void simulated_disk_stop(simulated_disk *disk) { disk->is_stopped = true; }

bool simulated_disk_is_stopped(const simulated_disk *disk) { return disk->is_stopped; }

/// Keeps the first n changes of the directory, for any n.
static void lose_entries(simulated_disk *disk) {
    uint32_t kept = random_below(disk, (uint32_t)disk->changes.count + 1);
    for (uint32_t index = 0; index < kept; index++) apply(&disk->durable, &disk->changes.entries[index]);
    clear(&disk->changes);
    copy_entries(&disk->now, &disk->durable);
}

void simulated_disk_restart(simulated_disk *disk, bool power_failed) {
    disk->boot++;
    disk->is_stopped = false;
    disk->operations_left = -1;
    disk->closed_commit = (simulated_commit){0};
    if (power_failed) lose_entries(disk);
    for (size_t index = 0; index < disk->now.count; index++) {
        file *file = disk->now.entries[index].file;
        file->readers = 0;
        file->reserved = file->pending = file->exclusive = NULL;
        if (file->memory) release_memory(file->memory);
        file->memory = NULL;
        if (power_failed) lose_power(disk, file);
    }
}

size_t simulated_disk_read(const simulated_disk *disk, const char *path, uint8_t *bytes, size_t count) {
    const file *file = find_file(disk, path);
    if (!file) return 0;
    if (count > file->now.size) count = file->now.size;
    if (count) memcpy(bytes, file->now.bytes, count);
    return count;
}

int64_t simulated_disk_size(const simulated_disk *disk, const char *path) {
    const file *file = find_file(disk, path);
    return file ? (int64_t)file->now.size : -1;
}

simulated_commit simulated_disk_written_commit(const simulated_disk *disk) { return disk->written_commit; }

uint64_t simulated_disk_commits(const simulated_disk *disk) { return disk->commits; }

simulated_commit simulated_disk_indexed_commit(const simulated_disk *disk, const char *path) {
    const file *file = find_file(disk, path);
    return file && file->memory ? indexed_commit(file->memory) : disk->closed_commit;
}

simulated_fault_counts simulated_disk_fault_counts(const simulated_disk *disk) { return disk->counts; }
