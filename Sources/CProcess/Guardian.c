#define _GNU_SOURCE
#include "CProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// The guardian is a fork of a process with threads: this code only makes system calls, and uses existing memory.

#define MAX_PROCESSES 32768
#define MAX_PROGRAMS 16384

struct process {
    pid_t id, parent, group, session;
    unsigned long long started;
    int is_ours;
};

static struct process processes[MAX_PROCESSES];
static int process_count;
static struct {
    pid_t id;
    unsigned long long started;
} programs[MAX_PROGRAMS];
static int program_count;

static size_t append(char *text, size_t length, const char *more) {
    while (*more != 0) text[length++] = *more++;
    text[length] = 0;
    return length;
}

static void path_of(char *path, pid_t process, const char *file) {
    char digits[12];
    int count = 0;
    do {
        digits[count++] = (char)('0' + process % 10);
        process /= 10;
    } while (process > 0);
    size_t length = append(path, 0, "/proc/");
    while (count > 0) path[length++] = digits[--count];
    path[length] = 0;
    append(path, length, file);
}

static long long number_at(const char **text) {
    while (**text == ' ') (*text)++;
    int is_negative = **text == '-';
    if (is_negative) (*text)++;
    long long value = 0;
    while (**text >= '0' && **text <= '9') value = value * 10 + (*(*text)++ - '0');
    return is_negative ? -value : value;
}

// Reads /proc/PID/stat. Returns 0 if the process has ended.
static int read_process(pid_t id, struct process *process) {
    char path[64], text[1024];
    path_of(path, id, "/stat");
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    if (length <= 0) return 0;
    text[length] = 0;
    // The name of the program is in parentheses and may contain any character.
    const char *rest = strrchr(text, ')');
    if (rest == NULL || rest[1] == 0 || rest[2] == 0 || rest[2] == 'Z' || rest[2] == 'X') return 0;
    rest += 3;
    process->id = id;
    process->parent = (pid_t)number_at(&rest);
    process->group = (pid_t)number_at(&rest);
    process->session = (pid_t)number_at(&rest);
    for (int field = 7; field < 22; field++) number_at(&rest);
    process->started = (unsigned long long)number_at(&rest);
    process->is_ours = 0;
    return 1;
}

static int has_mark(pid_t id, const char *mark) {
    char path[64];
    static char buffer[65536];
    path_of(path, id, "/environ");
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    size_t length = strlen(mark), matched = 0;
    int is_mismatch = 0, found = 0;
    ssize_t count;
    while (!found && (count = read(file, buffer, sizeof buffer)) > 0) {
        for (ssize_t i = 0; i < count && !found; i++) {
            if (buffer[i] == 0) {
                matched = 0;
                is_mismatch = 0;
            } else if (!is_mismatch && buffer[i] == mark[matched]) {
                found = ++matched == length;
            } else {
                is_mismatch = 1;
            }
        }
    }
    close(file);
    return found;
}

static int works_under(pid_t id, const char *root) {
    char path[64];
    static char folder[4096];
    path_of(path, id, "/cwd");
    ssize_t length = readlink(path, folder, sizeof folder - 1);
    if (length < 0) return 0;
    folder[length] = 0;
    size_t prefix = strlen(root);
    return strncmp(folder, root, prefix) == 0 && (folder[prefix] == '/' || folder[prefix] == 0);
}

static int is_program(pid_t id, unsigned long long started) {
    for (int i = 0; i < program_count; i++) {
        // A process that started later only reuses the number of a program.
        if (programs[i].id == id && (started == 0 || programs[i].started == started)) return 1;
    }
    return 0;
}

// A group or session outlives its leader, and keeps its number.
static int is_led_by_program(pid_t leader) {
    struct process process;
    return is_program(leader, read_process(leader, &process) ? process.started : 0);
}

static void read_processes(void) {
    static char entries[65536];
    process_count = 0;
    int folder = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return;
    long length;
    while ((length = syscall(SYS_getdents64, folder, entries, sizeof entries)) > 0) {
        for (long place = 0; place < length;) {
            unsigned short size;
            memcpy(&size, entries + place + 16, sizeof size);
            const char *name = entries + place + 19;
            if (*name >= '1' && *name <= '9' && process_count < MAX_PROCESSES) {
                pid_t id = (pid_t)number_at(&name);
                if (*name == 0 && read_process(id, &processes[process_count])) process_count++;
            }
            place += size;
        }
    }
    close(folder);
}

static void spread_to_children(void) {
    for (int changed = 1; changed;) {
        changed = 0;
        for (int i = 0; i < process_count; i++) {
            if (processes[i].is_ours) continue;
            for (int j = 0; j < process_count; j++) {
                if (processes[j].is_ours && processes[j].id == processes[i].parent) {
                    processes[i].is_ours = changed = 1;
                    break;
                }
            }
        }
    }
}

// Kills the processes of the worker's programs. Returns their number.
static int kill_programs(const char *root, const char *mark) {
    pid_t own = getpid();
    read_processes();
    int found = 0;
    for (int i = 0; i < process_count; i++) {
        struct process *process = &processes[i];
        if (process->id == own) continue;
        process->is_ours = is_program(process->id, process->started) || is_led_by_program(process->group) ||
                           is_led_by_program(process->session) || has_mark(process->id, mark) ||
                           works_under(process->id, root);
        found += process->is_ours;
    }
    if (found == 0) return 0;
    spread_to_children();
    for (int i = 0; i < process_count; i++) {
        if (processes[i].is_ours && processes[i].id != own) kill(processes[i].id, SIGKILL);
    }
    return found;
}

static void forget_program(pid_t id) {
    for (int i = 0; i < program_count; i++) {
        if (programs[i].id == id) programs[i--] = programs[--program_count];
    }
}

static void note_program(pid_t message) {
    if (message < 0) forget_program(-message);
    if (message <= 0) return;
    // The report that an earlier program of that number has ended may be lost.
    forget_program(message);
    struct process process;
    if (program_count == MAX_PROGRAMS || !read_process(message, &process)) return;
    programs[program_count].id = message;
    programs[program_count++].started = process.started;
}

static void guard(int socket, const char *root, const char *mark) {
    setsid();
    prctl(PR_SET_NAME, "longhaul-guard", 0, 0, 0);
    longhaul_make_unreadable();
    longhaul_set_process_title("longhaul-guardian");
    if (socket != 3) dup2(socket, 3);
    if (close_range(4, ~0U, 0) != 0) {
        for (int descriptor = 4; descriptor < 65536; descriptor++) close(descriptor);
    }
    // The guardian must not keep a terminal or a pipe that other processes wait on.
    int nothing = open("/dev/null", O_RDWR);
    for (int descriptor = 0; descriptor < 3; descriptor++) dup2(nothing, descriptor);
    if (nothing > 3) close(nothing);
    if (chdir("/") != 0) _exit(1);
    while (1) {
        pid_t message;
        ssize_t length = recv(3, &message, sizeof message, 0);
        if (length == (ssize_t)sizeof message) {
            note_program(message);
        } else if (length >= 0 || errno != EINTR) {
            break;
        }
    }
    struct timespec pause = {.tv_nsec = 2000000};
    for (int round = 0; round < 5000 && kill_programs(root, mark) > 0; round++) nanosleep(&pause, NULL);
    execl("/bin/rm", "rm", "-rf", "--", root, (char *)NULL);
    _exit(0);
}

int longhaul_start_guardian(const char *root, const char *mark, pid_t *guardian) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return -errno;
    sigset_t all, before;
    sigfillset(&all);
    // A stop of the worker's whole group must not end its guardian: its signals stay blocked.
    pthread_sigmask(SIG_BLOCK, &all, &before);
    pid_t child = fork();
    if (child == 0) guard(ends[1], root, mark);
    int fault = child < 0 ? errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    if (fault != 0) {
        close(ends[0]);
        return -fault;
    }
    *guardian = child;
    return ends[0];
}

int longhaul_tell_guardian(int descriptor, pid_t process) {
    // A guardian that does not read in time, such as a stopped one, must not delay the worker.
    ssize_t sent = send(descriptor, &process, sizeof process, MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent < 0 && errno != EAGAIN ? -1 : 0;
}
