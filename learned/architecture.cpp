#include "learned/architecture.hpp"

#include "base/error.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace linnet::learned {

namespace {

using Json = nlohmann::json;

constexpr std::size_t most_blocks = 64, most_layers = 256, most_name = 64;

// Reads the keys of one JSON object; done() refuses those that were not asked for.
class Fields {
public:
  Fields(const Json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object.is_object())
      refuse("expected an object");
  }
  [[noreturn]] void refuse(const std::string& what) const { throw InputError(where_ + ": " + what); }
  bool has(const char* key) const { return object_.contains(key); }
  const Json& at(const char* key) {
    if (!object_.contains(key))
      refuse(std::string("expected ") + key);
    ++asked_;
    return object_[key];
  }
  std::string name(const char* key) { return name_in(at(key), key); }
  std::string name_or_empty(const char* key) { return has(key) ? name(key) : ""; }
  std::vector<std::string> names(const char* key) {
    std::vector<std::string> list;
    const Json& value = at(key);
    if (!value.is_array() || value.size() > 2)
      refuse(std::string(key) + ": expected a list of at most 2 names");
    for (const Json& entry : value)
      list.push_back(name_in(entry, key));
    return list;
  }
  int integer(const char* key, int least, int most) {
    const Json& value = at(key);
    if (!value.is_number_integer() || value.get<double>() < least || value.get<double>() > most)
      refuse(std::string(key) + ": expected a whole number from " + std::to_string(least) + " to " +
             std::to_string(most));
    return value.get<int>();
  }
  bool flag(const char* key) {
    if (!has(key))
      return false;
    const Json& value = at(key);
    if (!value.is_boolean())
      refuse(std::string(key) + ": expected true or false");
    return value.get<bool>();
  }
  float number(const char* key, double least, double most) {
    const Json& value = at(key);
    if (!value.is_number() || !(value.get<double>() >= least && value.get<double>() <= most))
      refuse(std::string(key) + ": expected a number from " + std::to_string(least) + " to " + std::to_string(most));
    return value.get<float>();
  }
  void done() const {
    if (asked_ != object_.size())
      refuse("holds a key that is not known");
  }

private:
  std::string name_in(const Json& value, const char* key) const {
    const std::string* text = value.get_ptr<const std::string*>();
    const auto plain = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    };
    if (!text || text->empty() || text->size() > most_name || !std::all_of(text->begin(), text->end(), plain))
      refuse(std::string(key) + ": expected a name of letters, digits, _ and -");
    return *text;
  }

  const Json& object_;
  std::string where_;
  std::size_t asked_ = 0;
};

struct OpName {
  const char* name;
  Op op;
  std::size_t inputs;
};
constexpr std::array<OpName, 9> op_names = {{{"convolution", Op::convolution, 1},
                                             {"space_to_depth", Op::space_to_depth, 1},
                                             {"depth_to_space", Op::depth_to_space, 2},
                                             {"pool", Op::pool, 1},
                                             {"upsample", Op::upsample, 2},
                                             {"add", Op::add, 2},
                                             {"gate", Op::gate, 2},
                                             {"relu", Op::relu, 1},
                                             {"call", Op::call, 0}}};

void parse_convolution(Fields* fields, Layer* layer) {
  layer->weight = fields->name("weight");
  layer->channels = fields->integer("channels", 1, 4096);
  layer->kernel = fields->integer("kernel", 1, 3);
  layer->stride = layer->kernel == 2 ? 2 : 1;
  layer->bias = fields->flag("bias");
}

void parse_call(Fields* fields, Layer* layer) {
  layer->block = fields->name("block");
  layer->scope = fields->name_or_empty("scope");
  if (!fields->has("otherwise"))
    return;
  layer->otherwise = fields->name("otherwise");
  layer->otherwise_scope = fields->name_or_empty("otherwise_scope");
  layer->above = fields->integer("above", 1, 1 << 20);
}

Layer parse_layer(const Json& json, const std::string& where) {
  Fields fields(json, where);
  Layer layer;
  const std::string name = fields.name("op");
  const auto* const found =
      std::find_if(op_names.begin(), op_names.end(), [&](const OpName& known) { return name == known.name; });
  if (found == op_names.end())
    fields.refuse("the operation '" + name + "' is not known");
  layer.op = found->op;
  layer.out = fields.name("out");
  layer.in = fields.names("in");
  if (found->inputs > 0 ? layer.in.size() != found->inputs : layer.in.empty())
    fields.refuse(name + " takes " + std::to_string(found->inputs) + " inputs");
  if (layer.op == Op::convolution)
    parse_convolution(&fields, &layer);
  if (layer.op == Op::call)
    parse_call(&fields, &layer);
  if (layer.op == Op::space_to_depth || layer.op == Op::depth_to_space) {
    layer.factor = fields.integer("factor", 2, 4);
    if (layer.factor == 3)
      fields.refuse("factor: expected 2 or 4");
  }
  if (layer.op == Op::relu)
    layer.slope = fields.number("slope", 0, 1);
  fields.done();
  return layer;
}

Block parse_block(const Json& json, const std::string& where) {
  Fields fields(json, where);
  Block block;
  block.in = fields.names("in");
  block.out = fields.name("out");
  const Json& layers = fields.at("layers");
  if (!layers.is_array() || layers.size() > most_layers || block.in.empty())
    fields.refuse("expected 1 or 2 inputs and at most " + std::to_string(most_layers) + " layers");
  for (std::size_t l = 0; l < layers.size(); ++l)
    block.layers.push_back(parse_layer(layers[l], where + ", layer " + std::to_string(l)));
  fields.done();
  return block;
}

} // namespace

const TensorShapes& cycle_shapes() {
  static const TensorShapes shapes = {{"grids.coupling", {3}},    {"grids.excess", {3}},
                                      {"grids.red", {1}},         {"aggregates.coupling", {3}},
                                      {"aggregates.excess", {3}}, {"aggregates.red", {1}}};
  return shapes;
}

Architecture parse_architecture(std::string_view json, const std::string& file) {
  const Json parsed = Json::parse(json, nullptr, false);
  if (parsed.is_discarded())
    throw InputError(file + ": the architecture is not JSON");
  Fields fields(parsed, file + ": architecture");
  Architecture architecture;
  architecture.text = json;
  architecture.name = fields.name("name");
  architecture.dimension = fields.integer("dimension", 2, 3);
  architecture.cycle = fields.flag("cycle");
  if (architecture.cycle) {
    fields.done();
    return architecture;
  }
  architecture.operator_channels = fields.integer("operator_channels", 0, 64);
  architecture.unit_residual = fields.flag("unit_residual");
  architecture.sweeps = fields.integer("sweeps", 0, 16);
  const Json& blocks = fields.at("blocks");
  if (!blocks.is_object() || blocks.size() > most_blocks || !blocks.contains("main"))
    fields.refuse("expected blocks, at most " + std::to_string(most_blocks) + ", one of them main");
  for (const auto& [name, block] : blocks.items())
    architecture.blocks[name] = parse_block(block, file + ": a block of the architecture");
  if (architecture.blocks["main"].in.size() != (architecture.operator_channels > 0 ? 2U : 1U))
    fields.refuse("main takes the residual, and the operator where it has channels");
  fields.done();
  return architecture;
}

} // namespace linnet::learned
