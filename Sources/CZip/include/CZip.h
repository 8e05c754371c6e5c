// libzip, as Archives reads it, and the checksum with which Archives writes.
#include <zip.h>

#include "lathe_crc32.h"
