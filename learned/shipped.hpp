#pragma once

#include "learned/model.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace linnet::learned {

/// Names of the models that are part of the library.
std::vector<std::string> shipped_names();
/// A shipped model by name, else the model in a file of that name. Throws InputError.
Model find_model(const std::string& name);
/// The same, one copy for all: shipped ones are read once.
std::shared_ptr<const Model> share_model(const std::string& name);
/// `name`, and for a kind of shipped model (cycle, hybrid; empty: cycle) the one for grids of 2 or 3 dimensions.
std::string model_for(const std::string& name, int dimension);

} // namespace linnet::learned
