#ifndef LONGHAUL_CPROCESS_H
#define LONGHAUL_CPROCESS_H

#include <sys/types.h>

// Calls of Linux and glibc that Swift cannot make itself.

/// The resource limits of each process of a program, as `setrlimit` takes them; negative for none.
struct longhaul_limits {
    /// Private writable memory (`RLIMIT_DATA`).
    long long memory_bytes;
    /// The size of a file (`RLIMIT_FSIZE`).
    long long file_bytes;
    /// Processes and threads of the user (`RLIMIT_NPROC`).
    long long processes;
    /// Open files (`RLIMIT_NOFILE`).
    long long open_files;
    /// CPU time (`RLIMIT_CPU`).
    long long cpu_seconds;
};

/// A program to start.
struct longhaul_program {
    /// The path of the file to execute.
    const char *file;
    char *const *arguments;
    char *const *environment;
    /// The working folder.
    const char *folder;
    /// Its descriptors 0, 1 and 2. The program gets no other descriptor.
    int input, output, errors;
    /// The program never writes a core dump, which would contain the job's data.
    struct longhaul_limits limits;
};

/// Starts a program in its own process group, with default signals. Returns its process ID, or an errno as a negative
/// number, also for an exec that fails.
pid_t longhaul_start_program(const struct longhaul_program *program);

/// Starts the guardian: a child that outlives this process and then kills every remaining program of this process,
/// and removes the folder `root`.
///
/// A remaining program has a variable in its environment that begins with `mark`, has its working folder under
/// `root`, belongs to the session or group of a process that was reported with `longhaul_tell_guardian`, or
/// descends from such a process. Returns the descriptor of the guardian's socket, or an errno as a negative
/// number. The guardian waits until the descriptor is closed, explicitly or by the end of this process.
int longhaul_start_guardian(const char *root, const char *mark, pid_t *guardian);

/// Reports a program to the guardian when it starts, and as its negative number when it has ended. Returns -1 if
/// the guardian has ended.
int longhaul_tell_guardian(int descriptor, pid_t process);

/// Creates a pipe whose ends no other program inherits.
int longhaul_pipe(int ends[2]);

/// A descriptor that becomes readable when the process ends; -1 and errno on failure.
int longhaul_process_descriptor(pid_t process);

/// A non-blocking descriptor that becomes readable when eight bytes are written to it.
int longhaul_event_descriptor(void);

/// Makes this process the parent of the orphans among its descendants.
int longhaul_adopt_orphans(void);

/// Hides the memory and the environment of this process from other processes of the same user. It leaves no core
/// dump.
int longhaul_make_unreadable(void);

/// Moves the environment to memory that `/proc/PID/environ` does not show. For the start of a process, before
/// other threads read the environment.
void longhaul_hide_environment(void);

/// Overwrites every occurrence of a text in the arguments that `ps` shows with `*`.
void longhaul_hide_in_arguments(const char *text);

/// Overwrites all arguments that `ps` shows with a name.
void longhaul_set_process_title(const char *title);

/// Makes freed memory of 4 MiB and more return to the system, for the whole process.
void longhaul_return_large_blocks(void);

#endif
