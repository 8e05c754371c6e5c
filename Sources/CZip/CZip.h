// libzip, as archives are read, and zlib, whose checksum is written into them.
#include <zip.h>
#include <zlib.h>
