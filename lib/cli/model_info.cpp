#include "cli/model_info.hpp"

#include "cli/report.hpp"
#include "learned/graph.hpp"
#include "learned/shipped.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>

namespace linnet {

namespace {

using Json = nlohmann::ordered_json;

// Costs are told for this many cells along each axis.
constexpr int cells_along = 64;

Json layer_json(const learned::Graph& graph, const learned::Node& node) {
  const learned::Node& from = graph.node(node.in[0]);
  return {{"tensor", node.weight},
          {"grid", node.grid},
          {"in", from.channels},
          {"out", node.channels},
          {"kernel", node.kernel},
          {"stride", node.stride},
          {"when", node.setup ? "setup" : "application"}};
}

// What a network costs, and its layers.
void add_layers(const learned::Architecture& architecture, Json* object) {
  const learned::Graph graph =
      learned::instantiate(architecture, {cells_along, cells_along, architecture.dimension == 3 ? cells_along : 1});
  const double cells = static_cast<double>(learned::cells_of(graph.node(0).grid));
  double activations = 0;
  Json layers = Json::array();
  for (const learned::Node& node : graph.nodes) {
    if (!node.setup && node.op != learned::Op::input)
      activations += static_cast<double>(learned::cells_of(node.grid)) * node.channels;
    if (node.op == learned::Op::convolution)
      layers.push_back(layer_json(graph, node));
  }
  (*object)["sweeps"] = architecture.sweeps;
  (*object)["flops_per_cell"] = graph.flops(false) / cells;
  (*object)["setup_flops_per_cell"] = graph.flops(true) / cells;
  (*object)["numbers_per_cell"] = activations / cells;
  (*object)["bytes_per_cell"] = {{"f32", 4 * activations / cells}, {"bf16", 2 * activations / cells}};
  (*object)["layers"] = layers;
}

Json model_json(const std::string& file, const learned::Model& model) {
  Json object = {{"schema", "linnet.info/1"},
                 {"file", file},
                 {"kind", "model"},
                 {"network", model.architecture.name},
                 {"dimension", model.architecture.dimension},
                 {"parameters", model.parameters()},
                 {"linear", !model.architecture.unit_residual}};
  if (model.architecture.cycle) {
    for (const auto& [name, tensor] : model.tensors)
      object["cycle"][name] = tensor.values;
  } else {
    add_layers(model.architecture, &object);
  }
  object["provenance"] = Json::object();
  for (const auto& [key, value] : model.provenance)
    object["provenance"][key] = value;
  return object;
}

std::string row(const std::string& name, const std::string& value) {
  return name + std::string(name.size() < 22 ? 22 - name.size() : 1, ' ') + value + "\n";
}

std::string number(double value) {
  std::array<char, 32> text = {};
  (void)std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}

std::string model_text(const Json& m) {
  const auto text_of = [](const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); };
  std::string text = row("file", text_of(m["file"]));
  text += row("network", text_of(m["network"]) + ", " + m["dimension"].dump() + " dimensions, " +
                             m["parameters"].dump() + " parameters, " +
                             (m["linear"].get<bool>() ? "linear in the residual" : "for residuals of norm 1"));
  const bool cycle = m.contains("cycle");
  if (!cycle) {
    text += row("sweeps", m["sweeps"].dump() + " before and after");
    text += row("flops a cell", number(m["flops_per_cell"].get<double>()) + " an application, " +
                                    number(m["setup_flops_per_cell"].get<double>()) + " at setup");
    text += row("bytes a cell", number(m["bytes_per_cell"]["f32"].get<double>()) + " written in an application, " +
                                    number(m["bytes_per_cell"]["bf16"].get<double>()) +
                                    " in bf16; what is written is read");
  }
  for (const auto& [key, value] : m["provenance"].items())
    text += row(key, text_of(value));
  if (cycle) {
    text += "numbers of the cycle:\n";
    for (const auto& [name, values] : m["cycle"].items()) {
      std::string list;
      for (const Json& value : values)
        list += (list.empty() ? "" : ", ") + number(value.get<double>());
      text += "  " + row(name, list);
    }
    return text;
  }
  text += "convolutions on " + std::to_string(cells_along) + " cells along each axis:\n";
  for (const Json& layer : m["layers"]) {
    std::array<char, 160> line = {};
    (void)std::snprintf(line.data(), line.size(), "  %-11s  %3d x %3d x %3d  %4d -> %4d  kernel %d  %s\n",
                        text_of(layer["when"]).c_str(), layer["grid"][0].get<int>(), layer["grid"][1].get<int>(),
                        layer["grid"][2].get<int>(), layer["in"].get<int>(), layer["out"].get<int>(),
                        layer["kernel"].get<int>(), text_of(layer["tensor"]).substr(0, 80).c_str());
    text += line.data();
  }
  return text;
}

} // namespace

bool is_model(const std::string& file) {
  const std::vector<std::string> shipped = learned::shipped_names();
  if (std::find(shipped.begin(), shipped.end(), file) != shipped.end())
    return true;
  std::ifstream in(file, std::ios::binary);
  std::array<char, 9> first = {};
  // The length of a header below 16 MiB, then a JSON object.
  return in.read(first.data(), first.size()) && first[8] == '{' && first[3] == 0 && first[4] == 0 && first[7] == 0;
}

std::string model_report(const std::string& file, bool json) {
  const Json object = model_json(file, learned::find_model(file));
  return json ? json_text(object) : model_text(object);
}

} // namespace linnet
