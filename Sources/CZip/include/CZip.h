// libzip, as Archives reads it.
#include <zip.h>
