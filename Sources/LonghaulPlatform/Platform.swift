// The C library of the platform. Other files import this module, so that only this one names the platforms.
#if canImport(Glibc)
    @_exported public import Glibc
#elseif canImport(Musl)
    @_exported public import Musl
#elseif canImport(Darwin)
    @_exported public import Darwin
#else
    #error("Longhaul does not know the C library of this platform")
#endif
