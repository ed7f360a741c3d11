#ifndef LONGHAUL_BACKTRACE_H
#define LONGHAUL_BACKTRACE_H

/// Prepares ``longhaul_write_stacks``: loads what it needs and installs its signal handler. Returns 0, or an errno.
int longhaul_prepare_stacks(void);

/// Writes the name and the stack of every other thread of this process to a file descriptor. For a thread that does not
/// answer within 300 ms it writes the kernel function in which the thread waits. It takes no lock of Swift or of
/// Longhaul, but the C library allocates memory in it: it blocks if another thread hangs inside `malloc`. Call
/// ``longhaul_end_after`` first if the process must end in any case.
void longhaul_write_stacks(int descriptor);

/// Writes the stacks to a new file in memory, as ``longhaul_write_stacks``. Returns its descriptor at offset 0, or -1.
int longhaul_stacks_file(void);

/// Ends the process with SIGABRT, whatever handlers are installed.
_Noreturn void longhaul_abort(void);

/// Ends the process with SIGALRM after this time.
void longhaul_end_after(unsigned seconds);

/// Names the calling thread, for stacks and for tools such as top. Longer names are cut at 15 bytes.
void longhaul_name_thread(const char *name);

/// A pointer of the calling thread; NULL until it is set.
void longhaul_set_thread_pointer(void *pointer);
void *longhaul_thread_pointer(void);

#endif
