#ifndef LONGHAUL_KEYS_HPP
#define LONGHAUL_KEYS_HPP

#include "CSimdJSON.h"

#include <string>
#include <string_view>
#include <vector>

namespace longhaul {

/// Finds a key that one object repeats. Reused for several parses, to reuse its memory.
class DuplicateKeys {
public:
    /// The node of the earliest member that repeats a key of the finished object at `object`, or 0:
    /// the root is never a member.
    uint32_t find(const uint8_t *text, const std::vector<longhaul_json_node> &nodes, uint32_t object);

    /// Frees memory after an unusually large document.
    void release();

private:
    struct Key {
        std::string_view name;
        uint32_t node;
    };
    void collect(const uint8_t *text, const std::vector<longhaul_json_node> &nodes, uint32_t object);
    uint32_t among_few() const;
    uint32_t among_many();

    std::vector<Key> keys;
    std::vector<std::string> decoded;
};

/// The raw text of a member's key.
inline std::string_view raw_key(const uint8_t *text, const longhaul_json_node &node) {
    return {reinterpret_cast<const char *>(text) + node.key_start,
            static_cast<size_t>(node.key_end - node.key_start)};
}

}  // namespace longhaul

#endif
