#pragma once

#include <stddef.h>

/// The answers of AWS services, as JSON: which members they have, and what values these may have. The file is made by
/// `scripts/service_models.py` from botocore's service models (Apache License 2.0).
extern const unsigned char *const longhaul_service_models;

/// The length of the text.
extern const size_t longhaul_service_models_length;
