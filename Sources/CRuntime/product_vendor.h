// Matrix products by libraries of other makers, where this machine has them.
#ifndef LATHE_PRODUCT_VENDOR_H
#define LATHE_PRODUCT_VENDOR_H
#include "lathe_product.h"

/// Runs the product by its library; false where that is not here or cannot take the operands as they lie.
bool product_by_vendor(const lathe_product *product, const lathe_epilogue *epilogue);
#endif
