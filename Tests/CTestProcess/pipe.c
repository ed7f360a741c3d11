#define _GNU_SOURCE
#include "CTestProcess.h"

#include <fcntl.h>
#include <unistd.h>

int test_pipe(int *ends) { return pipe2(ends, O_CLOEXEC); }
