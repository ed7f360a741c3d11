#include "CTestProcess.h"

#include <stdlib.h>

// Bounds the number of tests that run at the same time, before the testing library reads its environment. Without the
// bound, all tests start at once: they open more connections than one PostgreSQL server accepts, and each of them waits
// for all others. A value that the caller sets remains.
__attribute__((constructor)) static void bound_parallel_tests(void) {
    setenv("SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH", "8", 0);
}
