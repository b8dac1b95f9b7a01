#include "cnn/network_cycle.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <cmath>

namespace linnet::cnn {

namespace {

int dimension_of(const LatticeOperator& op) {
  return static_cast<int>(std::count_if(op.size.begin(), op.size.end(), [](PetscInt n) { return n > 1; }));
}

} // namespace

std::string NetworkCycle::outside(const learned::Model& model, const LatticeOperator& op, bool null_space) {
  const int dimension = std::max(2, dimension_of(op));
  if (dimension != model.architecture.dimension)
    return "the model is for " + std::to_string(model.architecture.dimension) + " dimensions, the grid has " +
           std::to_string(dimension);
  const auto known = model.provenance.find("classes");
  const std::string classes = "," + (known == model.provenance.end() ? "voxel" : known->second) + ",";
  const auto knows = [&](const char* name) {
    return classes.find(std::string(",").append(name).append(",")) != std::string::npos;
  };
  if (op.closes[0] || op.closes[1] || op.closes[2]) // FineSweeps has no ends that close
    return "an axis is periodic";
  if (op.coupled_rows == 0)
    return "no row is coupled with another";
  if ((null_space || op.max_excess <= 0) && !knows("closed"))
    return "the operator is singular";
  if (op.voxel)
    return "";
  if (op.min_coupling < 0)
    return "it has negative couplings";
  if (!op.uniform && !knows("jumps") && !knows("smooth"))
    return "the coefficients vary";
  const auto [least, most] = std::minmax({op.min_coupling, op.max_coupling});
  if (op.uniform && most > 1.00001 * least && !knows("stretched"))
    return "the spacings differ";
  if (op.uniform && most <= 1.00001 * least && !knows("shift"))
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
    network_ = options.backend == Backend::reference
                   ? learned::make_reference_network(graph, model->tensors)
                   : learned::make_onednn_network(graph, model->tensors, options.precision, options.threads);
    flops_ = graph.flops(false);
    residual_.resize(sweeps_->cells());
    correction_.resize(sweeps_->cells());
    model_ = std::move(model);
    size_ = sweeps_->size();
    options_ = options;
  }
  std::vector<float> fields;
  if (model_->architecture.operator_channels > 0) {
    fields.resize(5 * sweeps_->cells());
    sweeps_->write_operator(options_.threads, fields.data());
  }
  network_->set_operator(fields.data());
}

void NetworkCycle::apply(const double* r, double* z) {
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
  network_->apply(residual_.data(), correction_.data());
  for (std::size_t c = 0; scale != 1 && c < correction_.size(); ++c)
    correction_[c] = static_cast<float>(correction_[c] * scale);
  sweeps_->after(r, correction_.data(), sweeps, options_.threads, z);
}

std::size_t NetworkCycle::bytes() const {
  return (network_ ? network_->bytes() : 0) + (residual_.size() + correction_.size()) * sizeof(float);
}

} // namespace linnet::cnn
