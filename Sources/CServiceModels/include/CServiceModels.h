#pragma once

#include <stddef.h>

/// The answers of AWS services, as JSON: which members they have, and what values these may have. The file is made by
/// `scripts/service_models.py` from botocore's service models (Apache License 2.0).
extern const unsigned char *const longhaul_service_models;

/// The length of the text.
extern const size_t longhaul_service_models_length;

/// The requests of Step Functions, as JSON: operations, and the shapes of their inputs. The file is made by the same script.
extern const unsigned char *const longhaul_request_models;

/// The length of the text.
extern const size_t longhaul_request_models_length;

/// The services that tasks may call, as JSON: their protocols, operations, errors and shapes. The file is made by the same script.
extern const unsigned char *const longhaul_call_models;

/// The length of the text.
extern const size_t longhaul_call_models_length;
