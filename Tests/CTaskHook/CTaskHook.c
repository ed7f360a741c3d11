#define _GNU_SOURCE
#include "CTaskHook.h"

#include <dlfcn.h>
#include <stdlib.h>

#define SWIFT_CC __attribute__((swiftcall))

typedef SWIFT_CC void (*enqueue_original)(void *job);

/// A function of the runtime that runs a job on an executor. Two zero words mean the executor of tasks without an actor.
extern SWIFT_CC void swift_job_run(void *job, void *identity, void *implementation);

static _Thread_local struct {
    bool is_active;
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

bool task_hook_install(void) {
    void **hook = dlsym(RTLD_DEFAULT, "swift_task_enqueueGlobal_hook");
    if (!hook) return false;
    *hook = (void *)enqueue;
    return true;
}

void task_hook_begin(void) {
    list.is_active = true;
    list.count = 0;
}

size_t task_hook_waiting(void) { return list.count; }

void task_hook_run(size_t index) {
    void *job = list.jobs[index];
    list.jobs[index] = list.jobs[--list.count];
    swift_job_run(job, NULL, NULL);
}

bool task_hook_is_active(void) { return list.is_active; }

void task_hook_end(void) {
    free(list.jobs);
    list.jobs = NULL;
    list.count = 0;
    list.capacity = 0;
    list.is_active = false;
}
