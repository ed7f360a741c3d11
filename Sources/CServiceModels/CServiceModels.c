#include "CServiceModels.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char models[] = {
#embed "models.json"
};

static const unsigned char requests[] = {
#embed "requests.json"
};

static const unsigned char calls[] = {
#embed "calls.json"
};

const unsigned char *const longhaul_service_models = models;
const size_t longhaul_service_models_length = sizeof models;
const unsigned char *const longhaul_request_models = requests;
const size_t longhaul_request_models_length = sizeof requests;
const unsigned char *const longhaul_call_models = calls;
const size_t longhaul_call_models_length = sizeof calls;
