// The C library of the platform. The modules of clients and workers import this module in place of the library.
#if canImport(Glibc)
    @_exported public import Glibc
#elseif canImport(Musl)
    @_exported public import Musl
#elseif canImport(Darwin)
    @_exported public import Darwin
#else
    #error("Longhaul does not know the C library of this platform")
#endif
