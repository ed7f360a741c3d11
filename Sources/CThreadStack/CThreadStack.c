// Swift does not import these functions, which are glibc extensions.
#define _GNU_SOURCE
#include "CThreadStack.h"

#include <pthread.h>
#include <stddef.h>

static uintptr_t find_lowest(void) {
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return 0;
    void *address = NULL;
    size_t size = 0;
    int failed = pthread_attr_getstack(&attributes, &address, &size);
    pthread_attr_destroy(&attributes);
    return failed ? 0 : (uintptr_t)address;
}

uintptr_t longhaul_thread_stack_lowest(void) {
    // Each thread caches the result, because the main thread reads /proc for it.
    static _Thread_local uintptr_t lowest;
    if (lowest == 0) lowest = find_lowest();
    return lowest;
}
