#include "Keys.hpp"

#include "Scalars.hpp"

#include <algorithm>

namespace longhaul {
namespace {

/// Up to this number of members, comparing every pair is faster than sorting.
constexpr size_t few = 12;

}  // namespace

uint32_t DuplicateKeys::find(
    const uint8_t *text, const std::vector<longhaul_json_node> &nodes, uint32_t object) {
    collect(text, nodes, object);
    return keys.size() <= few ? among_few() : among_many();
}

void DuplicateKeys::collect(
    const uint8_t *text, const std::vector<longhaul_json_node> &nodes, uint32_t object) {
    keys.clear();
    decoded.clear();
    const uint32_t end = nodes[object].next;
    size_t escaped = 0;
    for (uint32_t node = object + 1; node < end; node = nodes[node].next) {
        keys.push_back({raw_key(text, nodes[node]), node});
        escaped += (nodes[node].flags & LONGHAUL_JSON_KEY_ESCAPED) != 0;
    }
    if (escaped == 0) { return; }
    // Views point into these strings, so the vector must not move them as it grows.
    decoded.reserve(escaped);
    for (Key &key : keys) {
        if ((nodes[key.node].flags & LONGHAUL_JSON_KEY_ESCAPED) == 0) { continue; }
        decoded.push_back(unescaped(key.name));
        key.name = decoded.back();
    }
}

uint32_t DuplicateKeys::among_few() const {
    for (size_t later = 1; later < keys.size(); later += 1) {
        for (size_t earlier = 0; earlier < later; earlier += 1) {
            if (keys[earlier].name == keys[later].name) { return keys[later].node; }
        }
    }
    return 0;
}

uint32_t DuplicateKeys::among_many() {
    // Sorting instead of hashing: no choice of keys makes it slow.
    std::sort(keys.begin(), keys.end(), [](const Key &left, const Key &right) {
        const int order = left.name.compare(right.name);
        return order != 0 ? order < 0 : left.node < right.node;
    });
    uint32_t found = 0;
    for (size_t index = 1; index < keys.size(); index += 1) {
        const bool repeated = keys[index].name == keys[index - 1].name;
        if (repeated && (found == 0 || keys[index].node < found)) { found = keys[index].node; }
    }
    return found;
}

void DuplicateKeys::release() {
    keys = {};
    decoded = {};
}

}  // namespace longhaul
