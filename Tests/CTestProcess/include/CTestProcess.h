// The settings of a process that runs tests. Linking this target is enough.
