#pragma once

#include "learned/architecture.hpp"
#include "learned/safetensors.hpp"

namespace linnet::learned {

/// A network with its weights: exactly the tensors that the architecture names, and where they came from.
struct Model {
  Architecture architecture;
  Tensors tensors;
  Metadata provenance; ///< how it was trained and what was measured; free text by name

  std::size_t parameters() const;
};

/// The version of the files that model_from() reads, "linnet.format" of the metadata.
inline constexpr const char* model_format = "linnet.model/1";

/// Throws InputError that names `file` for another format, and for tensors that are missing, too many or of another
/// shape than the architecture's.
Model model_from(SafetensorsFile contents, const std::string& file);
Model read_model(const std::string& file);
void write_model(const Model& model, const std::string& file);
SafetensorsFile contents_of(const Model& model);

} // namespace linnet::learned
