#include "CProcess.h"

#include <malloc.h>

void longhaul_return_large_blocks(void) {
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
}
