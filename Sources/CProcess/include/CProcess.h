#ifndef LONGHAUL_CPROCESS_H
#define LONGHAUL_CPROCESS_H

#include <spawn.h>
#include <sys/types.h>

// Calls of Linux and glibc that Swift's Glibc module does not show. Each answers what the call itself does.

/// Has the new process close every descriptor from this one on.
int longhaul_spawn_close_from(posix_spawn_file_actions_t *actions, int first);

/// Has the new process begin in this folder.
int longhaul_spawn_change_folder(posix_spawn_file_actions_t *actions, const char *path);

/// Makes a pipe whose ends no other program inherits.
int longhaul_pipe(int ends[2]);

/// A descriptor that becomes readable when the process ends; -1 and errno where there is none.
int longhaul_process_descriptor(pid_t process);

/// A descriptor that becomes readable once it is written to (eight bytes); it does not block.
int longhaul_event_descriptor(void);

/// Makes this process the parent of the orphans among its descendants.
int longhaul_adopt_orphans(void);

#endif
