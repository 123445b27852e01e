/* XS's table of optional parts, without the properties `name` and `length` of functions, as the firmware is linked. */
#include "xsAll.h"

#define fxNewFunctionLength C_NULL
#define fxNewFunctionName C_NULL
#include "xsDefaults.c"
