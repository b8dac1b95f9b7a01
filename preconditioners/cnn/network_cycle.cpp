#include "cnn/network_cycle.hpp"

#include "base/error.hpp"
#include "learned/transpose.hpp"

#include <algorithm>
#include <cmath>

namespace linnet::cnn {

namespace {

int dimension_of(const LatticeOperator& op) {
  return static_cast<int>(std::count_if(op.size.begin(), op.size.end(), [](PetscInt n) { return n > 1; }));
}

} // namespace

std::string NetworkCycle::outside(const learned::Model& model, const LatticeOperator& op) {
  const int dimension = std::max(2, dimension_of(op));
  if (dimension != model.architecture.dimension)
    return "the model is for " + std::to_string(model.architecture.dimension) + " dimensions, the grid has " +
           std::to_string(dimension);
  if (op.closes[0] || op.closes[1] || op.closes[2])
    return "an axis is periodic";
  if (op.coupled_rows == 0 || op.max_excess <= 0)
    return "the operator is singular";
  if (!op.voxel)
    return "the operator is no voxel Laplacian (couplings of one size, whole multiples of it on the diagonal)";
  return "";
}

void NetworkCycle::build(latticemg::Multigrid* multigrid, std::shared_ptr<const learned::Model> model,
                         const NetworkOptions& options) {
  sweeps_ = std::make_unique<latticemg::FineSweeps>(multigrid);
  const bool same = network_ && model == model_ && size_ == sweeps_->size() &&
                    options.precision == options_.precision && options.backend == options_.backend &&
                    options.threads == options_.threads;
  if (!same) {
    const learned::Graph graph = learned::instantiate(model->architecture, sweeps_->size());
    network_.reset();
    transposed_.reset();
    options_ = options;
    network_ = make_network(graph, model->tensors);
    flops_ = graph.flops(false);
    residual_.resize(sweeps_->cells());
    correction_.resize(sweeps_->cells());
    model_ = std::move(model);
    size_ = sweeps_->size();
  }
  if (model_->architecture.operator_channels > 0) {
    fields_.resize(5 * sweeps_->cells());
    sweeps_->write_operator(options_.threads, fields_.data());
  }
  network_->set_operator(fields_.data());
  transposed_current_ = false;
}

std::unique_ptr<learned::Network> NetworkCycle::make_network(const learned::Graph& graph,
                                                             const learned::Tensors& tensors) const {
  return options_.backend == Backend::reference
             ? learned::make_reference_network(graph, tensors)
             : learned::make_onednn_network(graph, tensors, options_.precision, options_.threads);
}

void NetworkCycle::apply_transpose(const double* r, double* z) {
  if (model_->architecture.unit_residual)
    throw InputError("the network '" + model_->architecture.name + "' is not linear and has no transpose");
  if (!transposed_) {
    const learned::TransposedGraph transposed =
        learned::transpose(learned::instantiate(model_->architecture, size_), model_->tensors);
    transposed_ = make_network(transposed.graph, transposed.tensors);
  }
  if (!transposed_current_)
    transposed_->set_operator(fields_.data());
  transposed_current_ = true;
  apply(transposed_.get(), r, z);
}

void NetworkCycle::apply(learned::Network* network, const double* r, double* z) {
  const int sweeps = model_->architecture.sweeps;
  if (!sweeps_->before(r, sweeps, options_.threads, residual_.data(), z))
    return;
  double scale = 1;
  if (model_->architecture.unit_residual) {
    double square = 0;
    for (const float v : residual_)
      square += static_cast<double>(v) * v;
    scale = square > 0 ? std::sqrt(square) : 1;
    for (float& v : residual_)
      v = static_cast<float>(v / scale);
  }
  network->apply(residual_.data(), correction_.data());
  for (std::size_t c = 0; scale != 1 && c < correction_.size(); ++c)
    correction_[c] = static_cast<float>(correction_[c] * scale);
  sweeps_->after(r, correction_.data(), sweeps, options_.threads, z);
}

std::size_t NetworkCycle::bytes() const {
  std::size_t sum = (residual_.size() + correction_.size() + fields_.size()) * sizeof(float);
  for (const learned::Network* network : {network_.get(), transposed_.get()})
    sum += network ? network->bytes() : 0;
  return sum;
}

} // namespace linnet::cnn
