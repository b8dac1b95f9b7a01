#pragma once

#include "latticemg/weights.hpp"
#include "learned/model.hpp"

namespace linnet::cnn {

/// The numbers of a model that is a multigrid cycle. Throws InputError that names the one that is out of its range.
latticemg::CycleWeights cycle_weights(const learned::Model& model);
/// A model of such numbers, without provenance.
learned::Model cycle_model(const latticemg::CycleWeights& weights, int dimension);

} // namespace linnet::cnn
