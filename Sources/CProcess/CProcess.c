#define _GNU_SOURCE
#include "CProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int longhaul_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int longhaul_process_descriptor(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }

int longhaul_event_descriptor(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int longhaul_adopt_orphans(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

int longhaul_make_unreadable(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

static int set_limit(int resource, long long value) {
    if (value < 0) return 0;
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0) return -1;
    if (limit.rlim_max == RLIM_INFINITY || (rlim_t)value < limit.rlim_max) limit.rlim_max = (rlim_t)value;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(resource, &limit);
}

static int set_limits(const struct longhaul_limits *limits) {
    return set_limit(RLIMIT_DATA, limits->memory_bytes) | set_limit(RLIMIT_FSIZE, limits->file_bytes) |
           set_limit(RLIMIT_NPROC, limits->processes) | set_limit(RLIMIT_NOFILE, limits->open_files) |
           set_limit(RLIMIT_CPU, limits->cpu_seconds) | set_limit(RLIMIT_CORE, 0);
}

static void close_all_from(int first) {
    if (close_range((unsigned)first, ~0U, 0) == 0) return;
    struct rlimit limit;
    int end = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 65536 ? (int)limit.rlim_cur : 65536;
    for (int descriptor = first; descriptor < end; descriptor++) close(descriptor);
}

// Runs in the child, whose memory is the parent's: it only makes system calls. Returns the errno of the failed call.
static int become(const struct longhaul_program *program) {
    struct sigaction action = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) sigaction(number, &action, NULL);
    if (setpgid(0, 0) != 0) return errno;
    int descriptors[3] = {program->input, program->output, program->errors};
    // Moves the descriptors first: one of them may be 0, 1 or 2 itself.
    for (int i = 0; i < 3; i++) {
        descriptors[i] = fcntl(descriptors[i], F_DUPFD_CLOEXEC, 3);
        if (descriptors[i] < 0) return errno;
    }
    for (int i = 0; i < 3; i++) {
        if (dup2(descriptors[i], i) < 0) return errno;
    }
    close_all_from(3);
    if (chdir(program->folder) != 0 || set_limits(&program->limits) != 0) return errno;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(program->file, program->arguments, program->environment);
    return errno;
}

pid_t longhaul_start_program(const struct longhaul_program *program) {
    sigset_t all, before;
    sigfillset(&all);
    // No handler of this process may run in the child, which shares its memory.
    pthread_sigmask(SIG_BLOCK, &all, &before);
    volatile int fault = 0;
    pid_t child = vfork();
    if (child == 0) {
        fault = become(program);
        _exit(127);
    }
    int failure = child < 0 ? errno : fault;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (child > 0 && failure != 0) waitpid(child, NULL, 0);
    return failure != 0 ? -failure : child;
}
