#include "disk.h"

#include <stdlib.h>
#include <string.h>

void reserve(void **items, size_t *capacity, size_t count, size_t size) {
    if (count <= *capacity) return;
    size_t grown = *capacity ? *capacity * 2 : 16;
    if (grown < count) grown = count;
    *items = realloc(*items, grown * size);
    if (!*items) abort();
    *capacity = grown;
}

/// Changes the size. New bytes are zeros.
void resize(buffer *buffer, size_t size) {
    reserve((void **)&buffer->bytes, &buffer->capacity, size, 1);
    if (size > buffer->size) memset(buffer->bytes + buffer->size, 0, size - buffer->size);
    buffer->size = size;
}

static void put(buffer *buffer, const void *bytes, size_t length, size_t offset) {
    if (offset + length > buffer->size) resize(buffer, offset + length);
    memcpy(buffer->bytes + offset, bytes, length);
}

static void copy(buffer *target, const buffer *source) {
    resize(target, source->size);
    if (source->size) memcpy(target->bytes, source->bytes, source->size);
}

file *create_file(void) {
    file *file = calloc(1, sizeof *file);
    if (!file) abort();
    return file;
}

file *copy_file(const file *other) {
    file *file = create_file();
    copy(&file->now, &other->now);
    copy(&file->durable, &other->durable);
    copy(&file->written, &other->written);
    reserve((void **)&file->changes, &file->capacity, other->count, sizeof *file->changes);
    if (other->count) memcpy(file->changes, other->changes, other->count * sizeof *file->changes);
    file->count = other->count;
    return file;
}

void release_file(file *file) {
    if (--file->references > 0) return;
    if (file->memory) release_memory(file->memory);
    free(file->now.bytes);
    free(file->durable.bytes);
    free(file->written.bytes);
    free(file->changes);
    free(file);
}

static void add_change(file *file, change change) {
    reserve((void **)&file->changes, &file->capacity, file->count + 1, sizeof *file->changes);
    file->changes[file->count++] = change;
}

void write_file(file *file, const void *bytes, size_t length, size_t offset) {
    if (!length) return;
    put(&file->now, bytes, length, offset);
    add_change(file, (change){.offset = offset, .length = length, .start = file->written.size});
    put(&file->written, bytes, length, file->written.size);
}

void truncate_file(file *file, size_t size) {
    if (size >= file->now.size) return;
    resize(&file->now, size);
    add_change(file, (change){.is_truncation = true, .offset = size});
}

void sync_file(file *file) {
    for (size_t index = 0; index < file->count; index++) {
        const change *change = &file->changes[index];
        if (change->is_truncation) {
            if (change->offset < file->durable.size) resize(&file->durable, change->offset);
        } else {
            put(&file->durable, file->written.bytes + change->start, change->length, change->offset);
        }
    }
    forget_changes(file);
}

void forget_changes(file *file) {
    file->count = 0;
    file->written.size = 0;
}

/// Stores the part of a change within one sector. A gap before it gets any contents.
static void survive(simulated_disk *disk, file *file, const uint8_t *bytes, size_t length, size_t offset) {
    size_t end = file->durable.size;
    put(&file->durable, bytes, length, offset);
    if (end >= offset) return;
    bool is_blank = random_below(disk, 2);
    for (size_t place = end; place < offset && !is_blank; place++) file->durable.bytes[place] = (uint8_t)next_random(disk);
}

/// How a power failure treats the changes of one file.
typedef struct {
    size_t whole;  ///< the number of changes, from the first, that are kept as they are
    uint32_t kept; ///< of 8 sectors of the changes that follow
    bool is_last;  ///< whether only one change follows
} damage;

static damage draw_damage(simulated_disk *disk, const file *file) {
    switch (random_below(disk, 5)) {
    case 0: return (damage){.whole = 0, .kept = 0};
    case 1: return (damage){.whole = file->count, .kept = 0};
    case 2: return (damage){.whole = random_below(disk, (uint32_t)file->count + 1), .kept = 4, .is_last = true};
    case 3: return (damage){.whole = 0, .kept = 7};
    default: return (damage){.whole = 0, .kept = 1 + random_below(disk, 6)};
    }
}

/// Applies some of the changes to the durable contents.
static void keep_some(simulated_disk *disk, file *file) {
    damage damage = draw_damage(disk, file);
    for (size_t index = 0; index < file->count; index++) {
        const change *change = &file->changes[index];
        bool is_whole = index < damage.whole;
        if (!is_whole && damage.is_last && index > damage.whole) break;
        if (change->is_truncation) {
            bool is_kept = is_whole || random_below(disk, 8) < damage.kept;
            if (is_kept && change->offset < file->durable.size) resize(&file->durable, change->offset);
            continue;
        }
        size_t end = change->offset + change->length;
        for (size_t offset = change->offset; offset < end;) {
            size_t next = (offset / SECTOR + 1) * SECTOR;
            if (next > end) next = end;
            if (is_whole || random_below(disk, 8) < damage.kept) {
                const uint8_t *bytes = file->written.bytes + change->start + (offset - change->offset);
                survive(disk, file, bytes, next - offset, offset);
            }
            offset = next;
        }
    }
}

void lose_power(simulated_disk *disk, file *file) {
    if (file->count) keep_some(disk, file);
    forget_changes(file);
    // Also without changes: a failed sync may have forgotten some.
    copy(&file->now, &file->durable);
}
