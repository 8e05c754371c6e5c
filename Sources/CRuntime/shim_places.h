// Places in the table of operator functions.
#ifndef LATHE_SHIM_PLACES_H
#define LATHE_SHIM_PLACES_H
#include "lathe_fallback.h"

enum {
#define OPERATOR(name, operators, arguments) LATHE_PLACE_##name,
#include "shim_operators.list"
#undef OPERATOR
  LATHE_FALLBACK_COUNT
};
#endif
