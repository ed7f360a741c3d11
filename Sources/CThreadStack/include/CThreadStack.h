#ifndef LONGHAUL_THREAD_STACK_H
#define LONGHAUL_THREAD_STACK_H

#include <stdint.h>

/* The lowest address of the calling thread's stack; 0 if it cannot be found out. */
uintptr_t longhaul_thread_stack_lowest(void);

#endif
