#include "cnn/cycle_model.hpp"

#include "base/error.hpp"
#include "learned/architectures.hpp"

namespace linnet::cnn {

namespace {

// Tensors of learned::cycle_shapes() in the order of latticemg::WeightList.
constexpr std::array<const char*, 6> in_order = {"grids.coupling",      "grids.excess",      "grids.red",
                                                 "aggregates.coupling", "aggregates.excess", "aggregates.red"};

} // namespace

latticemg::CycleWeights cycle_weights(const learned::Model& model) {
  latticemg::WeightList list{};
  std::size_t i = 0;
  for (const char* name : in_order)
    for (const float value : model.tensors.at(name).values)
      list.at(i++) = value;
  if (const std::string refusal = latticemg::refusal_of(list); !refusal.empty())
    throw InputError("the cycle of the model: " + refusal);
  return latticemg::weights_of(list);
}

learned::Model cycle_model(const latticemg::CycleWeights& weights, int dimension) {
  learned::Model model{learned::cycle_architecture(dimension), {}, {}};
  const latticemg::WeightList list = latticemg::list_of(weights);
  std::size_t i = 0;
  for (const char* name : in_order) {
    learned::Tensor& tensor = model.tensors[name];
    tensor.shape = learned::cycle_shapes().at(name);
    tensor.values.resize(static_cast<std::size_t>(tensor.shape[0]));
    for (float& value : tensor.values)
      value = static_cast<float>(list.at(i++));
  }
  return model;
}

} // namespace linnet::cnn
