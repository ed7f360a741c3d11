// The settings of a process that runs tests. Linking this target is enough.

// Makes a pipe whose ends no child process inherits: ends[0] to read, ends[1] to write. Returns 0, or -1 with an error in
// errno. Foundation makes pipes that a child may inherit if another thread starts it at the same moment.
int test_pipe(int *ends);
