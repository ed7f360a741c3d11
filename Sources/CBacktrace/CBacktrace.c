#define _GNU_SOURCE
#include "CBacktrace.h"

#include <dirent.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MAX_FRAMES = 64, ANSWER_MILLISECONDS = 300 };

// Not SIGPROF or SIGUSR1: threads of libdispatch block every signal except those of faults.
static const int stack_signal = SIGSYS;

static void *frames[MAX_FRAMES];
static int frame_count;
static atomic_int asked_thread;
static atomic_int has_answered;

static void answer(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)info;
    (void)context;
    int saved = errno;
    if (atomic_load(&asked_thread) == (int)syscall(SYS_gettid)) {
        frame_count = backtrace(frames, MAX_FRAMES);
        atomic_store(&has_answered, 1);
    }
    errno = saved;
}

int longhaul_prepare_stacks(void) {
    // The first call loads the unwinder, which must not happen inside the signal.
    void *first[4];
    backtrace(first, 4);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = answer;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigemptyset(&action.sa_mask);
    return sigaction(stack_signal, &action, NULL) == 0 ? 0 : errno;
}

static void write_text(int descriptor, const char *text) {
    size_t length = strlen(text);
    while (length > 0) {
        ssize_t count = write(descriptor, text, length);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return;
        text += count;
        length -= (size_t)count;
    }
}

// Reads a file of a thread in /proc, without its line feed.
static void read_thread_file(int thread, const char *file, char *text, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/%s", thread, file);
    text[0] = 0;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return;
    ssize_t count = read(descriptor, text, size - 1);
    close(descriptor);
    if (count < 0) count = 0;
    while (count > 0 && text[count - 1] == '\n') count--;
    text[count] = 0;
}

static void pause_milliseconds(long milliseconds) {
    struct timespec pause = {0, milliseconds * 1000000};
    nanosleep(&pause, NULL);
}

static void write_stack(int descriptor, int thread) {
    char name[32], place[128], line[256];
    read_thread_file(thread, "comm", name, sizeof name);
    snprintf(line, sizeof line, "thread %d \"%s\":\n", thread, name);
    write_text(descriptor, line);
    atomic_store(&has_answered, 0);
    atomic_store(&asked_thread, thread);
    if (syscall(SYS_tgkill, getpid(), thread, stack_signal) != 0) return;
    for (int waited = 0; waited < ANSWER_MILLISECONDS && !atomic_load(&has_answered); waited++) pause_milliseconds(1);
    if (atomic_load(&has_answered)) {
        backtrace_symbols_fd(frames, frame_count, descriptor);
    } else {
        read_thread_file(thread, "wchan", place, sizeof place);
        snprintf(line, sizeof line, "  does not answer; in the kernel at: %s\n", place[0] ? place : "?");
        write_text(descriptor, line);
    }
    atomic_store(&asked_thread, 0);
}

void longhaul_write_stacks(int descriptor) {
    int own = (int)syscall(SYS_gettid);
    DIR *threads = opendir("/proc/self/task");
    if (!threads) return;
    struct dirent *entry;
    while ((entry = readdir(threads)) != NULL) {
        int thread = atoi(entry->d_name);
        if (thread > 0 && thread != own) write_stack(descriptor, thread);
    }
    closedir(threads);
}

int longhaul_stacks_file(void) {
    int descriptor = memfd_create("longhaul-stacks", MFD_CLOEXEC);
    if (descriptor < 0) return -1;
    longhaul_write_stacks(descriptor);
    lseek(descriptor, 0, SEEK_SET);
    return descriptor;
}

static void unblock(int number) {
    sigset_t set;
    signal(number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

_Noreturn void longhaul_abort(void) {
    unblock(SIGABRT);
    abort();
}

void longhaul_end_after(unsigned seconds) {
    unblock(SIGALRM);
    alarm(seconds);
}

void longhaul_name_thread(const char *name) {
    char text[16];
    snprintf(text, sizeof text, "%s", name);
    pthread_setname_np(pthread_self(), text);
}

static _Thread_local void *thread_pointer;

void longhaul_set_thread_pointer(void *pointer) { thread_pointer = pointer; }

void *longhaul_thread_pointer(void) { return thread_pointer; }
