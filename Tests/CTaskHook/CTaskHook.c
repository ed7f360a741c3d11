#define _GNU_SOURCE
#include "CTaskHook.h"

#include <dlfcn.h>
#include <stdlib.h>

#define SWIFT_CC __attribute__((swiftcall))

typedef SWIFT_CC void (*enqueue_original)(void *job);
typedef SWIFT_CC void (*delay_original)(unsigned long long delay, void *job);
typedef SWIFT_CC void (*deadline_original)(long long seconds, long long nanoseconds, long long tolerance_seconds,
                                           long long tolerance_nanoseconds, int clock, void *job);

/// The runtime's own: runs a job on an executor, told by two words. Both zero: the one for tasks of no actor.
extern SWIFT_CC void swift_job_run(void *job, void *identity, void *implementation);

static _Thread_local struct {
    bool is_active;
    bool met_real_time;
    void **jobs;
    size_t count;
    size_t capacity;
} list;

static void add(void *job) {
    if (list.count == list.capacity) {
        list.capacity = list.capacity ? list.capacity * 2 : 64;
        list.jobs = realloc(list.jobs, list.capacity * sizeof *list.jobs);
        if (!list.jobs) abort();
    }
    list.jobs[list.count++] = job;
}

static SWIFT_CC void enqueue(void *job, enqueue_original original) {
    if (list.is_active) {
        add(job);
    } else {
        original(job);
    }
}

static SWIFT_CC void enqueue_after(unsigned long long delay, void *job, delay_original original) {
    if (list.is_active) {
        list.met_real_time = true;
        add(job);
    } else {
        original(delay, job);
    }
}

static SWIFT_CC void enqueue_at(long long seconds, long long nanoseconds, long long tolerance_seconds,
                                long long tolerance_nanoseconds, int clock, void *job, deadline_original original) {
    if (list.is_active) {
        list.met_real_time = true;
        add(job);
    } else {
        original(seconds, nanoseconds, tolerance_seconds, tolerance_nanoseconds, clock, job);
    }
}

bool task_hook_install(void) {
    void **plain = dlsym(RTLD_DEFAULT, "swift_task_enqueueGlobal_hook");
    void **after = dlsym(RTLD_DEFAULT, "swift_task_enqueueGlobalWithDelay_hook");
    void **at = dlsym(RTLD_DEFAULT, "swift_task_enqueueGlobalWithDeadline_hook");
    if (!plain || !after || !at) return false;
    *plain = (void *)enqueue;
    *after = (void *)enqueue_after;
    *at = (void *)enqueue_at;
    return true;
}

void task_hook_begin(void) {
    list.is_active = true;
    list.met_real_time = false;
    list.count = 0;
}

size_t task_hook_waiting(void) { return list.count; }

void task_hook_run(size_t index) {
    void *job = list.jobs[index];
    list.jobs[index] = list.jobs[--list.count];
    swift_job_run(job, NULL, NULL);
}

bool task_hook_met_real_time(void) { return list.met_real_time; }

void task_hook_end(void) {
    free(list.jobs);
    list.jobs = NULL;
    list.count = 0;
    list.capacity = 0;
    list.is_active = false;
}
