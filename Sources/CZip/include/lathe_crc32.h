// The checksum of zip members (CRC-32 of ISO 3309, as APPNOTE.TXT 4.4.7 asks for).
#ifndef LATHE_CRC32_H
#define LATHE_CRC32_H
#include <stddef.h>
#include <stdint.h>

/// The checksum of what `crc` is the checksum of, followed by `count` bytes; begin with 0.
uint32_t lathe_crc32(uint32_t crc, const void *bytes, size_t count);

#endif
