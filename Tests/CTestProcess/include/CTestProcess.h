// The settings of a process that runs tests. Linking this target is enough.

// Makes a pipe whose ends no child process inherits: ends[0] to read, ends[1] to write. Returns 0, or -1 with an error in
// errno. Foundation makes pipes that a child may inherit if another thread starts it at the same moment.
int test_pipe(int *ends);

// Makes a pseudo-terminal: ends[0] is the side of a person, which does not block, ends[1] that of a program. Returns 0, or -1
// with an error in errno.
int test_terminal(int *ends);

// Sets the size of the window of a pseudo-terminal, in characters. Returns 0, or -1 with an error in errno.
int test_resize(int terminal, int width, int height);
