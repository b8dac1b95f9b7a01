// The files of learned/models, inside the library: a plugin that is loaded from anywhere has them at hand.
#include "learned/shipped.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <mutex>

#define LINNET_EMBED(name, file)                                                                                       \
  asm(".pushsection .rodata\n"                                                                                         \
      ".balign 64\n"                                                                                                   \
      ".hidden linnet_model_" name "\n.hidden linnet_model_end_" name "\n"                                             \
      ".globl linnet_model_" name "\n.globl linnet_model_end_" name "\n"                                               \
      "linnet_model_" name ":\n.incbin \"" file "\"\n"                                                                 \
      "linnet_model_end_" name ":\n.byte 0\n"                                                                          \
      ".popsection\n")
LINNET_EMBED("cycle2d", LINNET_MODELS "/cycle2d.safetensors");
LINNET_EMBED("cycle3d", LINNET_MODELS "/cycle3d.safetensors");
LINNET_EMBED("dcdm128", LINNET_MODELS "/dcdm128.safetensors");
LINNET_EMBED("dcdm64", LINNET_MODELS "/dcdm64.safetensors");
LINNET_EMBED("hybrid2d", LINNET_MODELS "/hybrid2d.safetensors");
LINNET_EMBED("hybrid3d", LINNET_MODELS "/hybrid3d.safetensors");
#undef LINNET_EMBED

extern "C" {
extern const char linnet_model_cycle2d[], linnet_model_end_cycle2d[];
extern const char linnet_model_cycle3d[], linnet_model_end_cycle3d[];
extern const char linnet_model_dcdm128[], linnet_model_end_dcdm128[];
extern const char linnet_model_dcdm64[], linnet_model_end_dcdm64[];
extern const char linnet_model_hybrid2d[], linnet_model_end_hybrid2d[];
extern const char linnet_model_hybrid3d[], linnet_model_end_hybrid3d[];
}

namespace linnet::learned {

namespace {

struct Shipped {
  const char* name;
  const char* begin;
  const char* end;
};
const std::array<Shipped, 6> shipped = {{{"cycle2d", linnet_model_cycle2d, linnet_model_end_cycle2d},
                                         {"cycle3d", linnet_model_cycle3d, linnet_model_end_cycle3d},
                                         {"dcdm128", linnet_model_dcdm128, linnet_model_end_dcdm128},
                                         {"dcdm64", linnet_model_dcdm64, linnet_model_end_dcdm64},
                                         {"hybrid2d", linnet_model_hybrid2d, linnet_model_end_hybrid2d},
                                         {"hybrid3d", linnet_model_hybrid3d, linnet_model_end_hybrid3d}}};

} // namespace

std::vector<std::string> shipped_names() {
  std::vector<std::string> names;
  names.reserve(shipped.size());
  for (const Shipped& s : shipped)
    names.emplace_back(s.name);
  return names;
}

std::string model_for(const std::string& name, int dimension) {
  const std::string kind = name.empty() ? "cycle" : name;
  return kind == "cycle" || kind == "hybrid" ? kind + (dimension == 3 ? "3d" : "2d") : kind;
}

std::shared_ptr<const Model> share_model(const std::string& name) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const Model>> known;
  const bool kept = std::any_of(shipped.begin(), shipped.end(), [&](const Shipped& s) { return name == s.name; });
  if (!kept)
    return std::make_shared<const Model>(find_model(name));
  const std::scoped_lock lock(mutex);
  std::shared_ptr<const Model>& model = known[name];
  if (!model)
    model = std::make_shared<const Model>(find_model(name));
  return model;
}

Model find_model(const std::string& name) {
  for (const Shipped& s : shipped)
    if (name == s.name)
      return model_from(parse_safetensors({s.begin, static_cast<std::size_t>(s.end - s.begin)}, name), name);
  std::error_code ignored;
  if (!std::filesystem::exists(name, ignored)) {
    std::string known;
    for (const std::string& other : shipped_names())
      known += (known.empty() ? "" : ", ") + other;
    throw InputError(name, "", "there is no such model file, and the shipped models are " + known);
  }
  return read_model(name);
}

} // namespace linnet::learned
