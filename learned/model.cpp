#include "learned/model.hpp"

#include "base/error.hpp"
#include "learned/graph.hpp"

namespace linnet::learned {

namespace {

constexpr const char* format_key = "linnet.format";
constexpr const char* architecture_key = "linnet.architecture";

std::string text_of(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const std::int64_t n : shape)
    text += (text.empty() ? "" : " x ") + std::to_string(n);
  return text;
}

} // namespace

std::size_t Model::parameters() const {
  std::size_t sum = 0;
  for (const auto& [name, tensor] : tensors)
    sum += tensor.values.size();
  return sum;
}

Model model_from(SafetensorsFile contents, const std::string& file) {
  const auto metadata = [&](const char* key) -> const std::string& {
    const auto found = contents.metadata.find(key);
    if (found == contents.metadata.end())
      throw InputError(file, "", std::string("no model of linnet: the metadata has no ") + key);
    return found->second;
  };
  if (metadata(format_key) != model_format)
    throw InputError(file, "", std::string("expected the format ") + model_format);
  Model model;
  model.architecture = parse_architecture(metadata(architecture_key), file);
  TensorShapes shapes;
  try {
    shapes = tensor_shapes(model.architecture);
  } catch (const InputError& error) {
    throw InputError(file, "", error.what());
  }
  for (const auto& [name, shape] : shapes) {
    const auto found = contents.tensors.find(name);
    if (found == contents.tensors.end())
      throw InputError(file, "", "tensor '" + name + "' is missing");
    if (found->second.shape != shape)
      throw InputError(file, "",
                       "tensor '" + name + "': expected the shape " + text_of(shape) + ", found " +
                           text_of(found->second.shape));
  }
  if (contents.tensors.size() != shapes.size())
    throw InputError(file, "",
                     std::to_string(contents.tensors.size() - shapes.size()) +
                         " tensors that the architecture does not name");
  model.tensors = std::move(contents.tensors);
  for (const auto& [key, value] : contents.metadata)
    if (key != format_key && key != architecture_key)
      model.provenance[key] = value;
  return model;
}

Model read_model(const std::string& file) {
  return model_from(read_safetensors(file), file);
}

SafetensorsFile contents_of(const Model& model) {
  SafetensorsFile contents{model.provenance, model.tensors};
  contents.metadata[format_key] = model_format;
  contents.metadata[architecture_key] = model.architecture.text;
  return contents;
}

void write_model(const Model& model, const std::string& file) {
  write_safetensors(contents_of(model), file);
}

} // namespace linnet::learned
