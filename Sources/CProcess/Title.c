#define _GNU_SOURCE
#include "CProcess.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// The memory that /proc/PID/cmdline shows, as the process was started.
static int argument_count;
static char **arguments;

__attribute__((constructor)) static void remember(int count, char **values) {
    argument_count = count;
    arguments = values;
}

// The fields env_start and env_end of /proc/PID/stat: see proc(5).
enum { environment_start_field = 50, environment_end_field = 51 };

// The memory that /proc/self/environ shows. Only the kernel knows it: a preloaded library may have moved variables
// to the heap before the first constructor of this program runs.
static int find_environment(uintptr_t *start, uintptr_t *end) {
    char line[2048];
    FILE *file = fopen("/proc/self/stat", "re");
    if (file == NULL) return 0;
    char *read = fgets(line, sizeof line, file);
    fclose(file);
    // The second field is the name of the program in parentheses, which may contain any character.
    char *rest = read == NULL ? NULL : strrchr(line, ')');
    if (rest == NULL) return 0;
    char *state = NULL;
    int field = 3;
    *start = *end = 0;
    for (char *word = strtok_r(rest + 1, " ", &state); word != NULL; word = strtok_r(NULL, " ", &state), field++) {
        if (field == environment_start_field) *start = strtoull(word, NULL, 10);
        if (field == environment_end_field) *end = strtoull(word, NULL, 10);
    }
    return *start != 0 && *start < *end;
}

void longhaul_hide_environment(void) {
    uintptr_t start, end;
    if (environ == NULL || !find_environment(&start, &end)) return;
    size_t count = 0;
    while (environ[count] != NULL) count++;
    char **copy = calloc(count + 1, sizeof(char *));
    if (copy == NULL) return;
    for (size_t i = 0; i < count; i++) {
        copy[i] = strdup(environ[i]);
        if (copy[i] == NULL) return;
    }
    environ = copy;
    explicit_bzero((char *)start, end - start);
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
