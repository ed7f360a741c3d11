#include "CServiceModels.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char models[] = {
#embed "models.json"
};

const unsigned char *const longhaul_service_models = models;
const size_t longhaul_service_models_length = sizeof models;
