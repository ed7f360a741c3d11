#ifndef LONGHAUL_TASK_HOOK_H
#define LONGHAUL_TASK_HOOK_H

#include <stdbool.h>
#include <stddef.h>

// Swift tasks that become runnable on a thread between begin and end wait in a list of that thread, and run
// when they are told to, on that thread. Everything else in the process goes on as ever.
//
// It stands on the hook that Swift's runtime has for other executors. Task.sleep and Task.yield go past it.

/// Takes hold of the runtime's hook, once a process. False if this runtime has none.
bool task_hook_install(void);

/// Makes tasks that become runnable on the calling thread wait.
void task_hook_begin(void);

/// Whether the calling thread is between begin and end.
bool task_hook_is_active(void);

/// How many wait.
size_t task_hook_waiting(void);

/// Runs one of those that wait, to its next suspension; the last takes its place in the list.
void task_hook_run(size_t index);

/// Makes tasks of the calling thread run as ever. Those that still wait never run.
void task_hook_end(void);

#endif
