#define _GNU_SOURCE
#include "CProcess.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// The memory that /proc/PID/cmdline and /proc/PID/environ show, as the process was started.
static int argument_count;
static char **arguments;
static char *environment_start, *environment_end;

__attribute__((constructor)) static void remember(int count, char **values, char **variables) {
    argument_count = count;
    arguments = values;
    if (variables == NULL || variables[0] == NULL) return;
    environment_start = variables[0];
    int last = 0;
    while (variables[last + 1] != NULL) last++;
    environment_end = variables[last] + strlen(variables[last]);
}

void longhaul_hide_environment(void) {
    if (environ == NULL || environment_start == NULL) return;
    size_t count = 0;
    while (environ[count] != NULL) count++;
    char **copy = calloc(count + 1, sizeof(char *));
    if (copy == NULL) return;
    for (size_t i = 0; i < count; i++) {
        copy[i] = strdup(environ[i]);
        if (copy[i] == NULL) return;
    }
    environ = copy;
    explicit_bzero(environment_start, (size_t)(environment_end - environment_start));
}

void longhaul_hide_in_arguments(const char *text) {
    size_t length = strlen(text);
    if (length == 0) return;
    for (int i = 1; i < argument_count; i++) {
        for (char *found = strstr(arguments[i], text); found != NULL; found = strstr(found, text)) {
            memset(found, '*', length);
            found += length;
        }
    }
}

void longhaul_set_process_title(const char *title) {
    if (argument_count == 0) return;
    char *end = arguments[argument_count - 1] + strlen(arguments[argument_count - 1]);
    size_t room = (size_t)(end - arguments[0]);
    size_t length = strlen(title) < room ? strlen(title) : room;
    memset(arguments[0], 0, room);
    memcpy(arguments[0], title, length);
}
