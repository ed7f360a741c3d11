#ifndef LONGHAUL_TASK_HOOK_H
#define LONGHAUL_TASK_HOOK_H

#include <stdbool.h>
#include <stddef.h>

// Swift tasks that become runnable on a thread between begin and end wait in a list of that thread. task_hook_run runs one of
// them on that thread. Other threads are not affected.
//
// It uses the hook of Swift's runtime for custom executors. Task.sleep and Task.yield bypass it.

/// Installs the hook, once per process. Returns false if the runtime has no such hook.
bool task_hook_install(void);

/// Makes tasks that become runnable on the calling thread wait.
void task_hook_begin(void);

/// Whether the calling thread is between begin and end.
bool task_hook_is_active(void);

/// The number of waiting tasks.
size_t task_hook_waiting(void);

/// Runs a waiting task to its next suspension point; the last task takes its index.
void task_hook_run(size_t index);

/// Lets tasks of the calling thread run normally. Waiting tasks never run.
void task_hook_end(void);

#endif
