"""The tests of the Python SDK. They start `longhaul serve`: LONGHAUL_BINARY, or .build/release/longhaul."""
