#include "cnn/network_cycle.hpp"

#include "base/error.hpp"
#include "learned/transpose.hpp"

#include <algorithm>
#include <cmath>

namespace linnet::cnn {

namespace {

int dimension_of(const Lattice& lattice) {
  return static_cast<int>(std::count_if(lattice.size.begin(), lattice.size.end(), [](PetscInt n) { return n > 1; }));
}

} // namespace

std::string NetworkCycle::outside(const learned::Model& model, const Lattice& lattice, const LatticeOperator& op,
                                  bool null_space) {
  const int dimension = std::max(2, dimension_of(lattice));
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
  if (!op.coded && !knows("jumps") && !knows("smooth"))
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
  const latticemg::Layout& layout = multigrid->layout();
  const std::array<int, 3> size = latticemg::FineSweeps(multigrid).size();
  const bool same = network_ && model == model_ && size_ == size && slabs_ == layout.slabs &&
                    options.precision == options_.precision && options.backend == options_.backend &&
                    options.threads == options_.threads;
  if (!same) {
    network_.reset();
    transposed_.reset();
    size_ = size;
    slabs_ = layout.slabs;
    options_ = options;
    exchange_ = slabs_.slabs() > 1 ? std::make_unique<SlabExchange>(layout.ranks.active) : nullptr;
    slab_ = layout.ranks.slab;
    window_ = {0, latticemg::FineSweeps(multigrid).planes()};
    const learned::Graph graph = part_of(learned::instantiate(model->architecture, size), &window_);
    const latticemg::FineSweeps sweeps(multigrid, window_.first, window_.last);
    network_ = make_network(graph, model->tensors);
    flops_ = graph.flops(false);
    residual_.resize(sweeps.cells());
    correction_.resize(sweeps.cells());
    fields_.resize(5 * sweeps.cells());
    // Nothing is written around the slab: what is computed there is replaced by the neighbours'.
    std::fill(residual_.begin(), residual_.end(), 0.0F);
    std::fill(fields_.begin(), fields_.end(), 0.0F);
    model_ = std::move(model);
  }
  sweeps_ = std::make_unique<latticemg::FineSweeps>(multigrid, window_.first, window_.last);
  if (model_->architecture.operator_channels > 0)
    sweeps_->write_operator(options_.threads, fields_.data());
  network_->set_operator(fields_.data());
  transposed_current_ = false;
}

std::unique_ptr<learned::Network> NetworkCycle::make_network(const learned::Graph& graph,
                                                             const learned::Tensors& tensors) const {
  return options_.backend == Backend::reference
             ? learned::make_reference_network(graph, tensors, exchange_.get())
             : learned::make_onednn_network(graph, tensors, options_.precision, options_.threads, exchange_.get());
}

learned::Graph NetworkCycle::part_of(const learned::Graph& graph, learned::SlabWindow* window) const {
  return exchange_ ? learned::slabs(graph, slabs_.first, slab_, window) : graph;
}

latticemg::SlabPlan NetworkCycle::plan_slabs(const learned::Model& model, const latticemg::CoarseningPlan& plan,
                                             const Lattice& lattice, int ranks) {
  std::array<int, 3> n{};
  for (std::size_t a = 0; a < 3; ++a)
    n[a] = lattice.size[static_cast<std::size_t>(plan.axis[a])];
  const bool flat = n[1] == 1;
  int unit = 0;
  if ((flat ? 2 : 3) == model.architecture.dimension)
    unit = learned::slab_unit(learned::instantiate(model.architecture, flat ? std::array<int, 3>{n[0], n[2], 1} : n));
  return latticemg::plan_fine_slabs(plan, lattice.size, lattice.periodic, model.architecture.sweeps, unit,
                                    unit > 0 ? ranks : 1);
}

std::string NetworkCycle::not_symmetric(const learned::Model& model) {
  const learned::Architecture& architecture = model.architecture;
  if (architecture.unit_residual)
    return "the network '" + architecture.name + "' is not linear and has no symmetric form (-pc_cnn_symmetric)";
  if (architecture.sweeps < 1)
    return "the network '" + architecture.name +
           "' has no sweeps around it, which make the symmetric form definite (-pc_cnn_symmetric)";
  return "";
}

learned::Network* NetworkCycle::transposed() {
  if (model_->architecture.unit_residual)
    throw InputError("the network '" + model_->architecture.name + "' is not linear and has no transpose");
  if (!transposed_) {
    const learned::TransposedGraph transposed =
        learned::transpose(learned::instantiate(model_->architecture, size_), model_->tensors);
    learned::SlabWindow window{};
    transposed_ = make_network(part_of(transposed.graph, &window), transposed.tensors);
  }
  if (!transposed_current_)
    transposed_->set_operator(fields_.data());
  transposed_current_ = true;
  return transposed_.get();
}

void NetworkCycle::apply_symmetric(const double* r, double* z) {
  if (const std::string refusal = not_symmetric(*model_); !refusal.empty())
    throw InputError(refusal);
  const int sweeps = model_->architecture.sweeps;
  learned::Network* const adjoint = transposed();
  if (!sweeps_->before(r, sweeps, options_.threads, residual_.data(), z))
    return;
  network_->apply(residual_.data(), correction_.data());
  sweeps_->turn(correction_.data(), sweeps, options_.threads, residual_.data());
  adjoint->apply(residual_.data(), correction_.data());
  sweeps_->after_turn(r, correction_.data(), sweeps, options_.threads, z);
}

void NetworkCycle::apply(learned::Network* network, const double* r, double* z) {
  const int sweeps = model_->architecture.sweeps;
  if (!sweeps_->before(r, sweeps, options_.threads, residual_.data(), z))
    return;
  const bool unit = model_->architecture.unit_residual;
  const auto with_residual = [&](const Buffer<float>& field) { // which is zero around the slab
    double sum = 0;
    for (std::size_t c = 0; c < residual_.size(); ++c)
      sum += static_cast<double>(residual_[c]) * field[c];
    return exchange_ ? exchange_->sum(sum) : sum;
  };
  double scale = 1;
  if (unit) {
    const double square = with_residual(residual_);
    scale = square > 0 ? std::sqrt(square) : 1;
    for (float& v : residual_)
      v = static_cast<float>(v / scale);
  }
  network->apply(residual_.data(), correction_.data());
  // The loss of a line search leaves the sign of the answer open: the one that descends.
  if (unit && with_residual(correction_) < 0)
    scale = -scale;
  for (std::size_t c = 0; scale != 1 && c < correction_.size(); ++c)
    correction_[c] = static_cast<float>(correction_[c] * scale);
  sweeps_->after(r, correction_.data(), sweeps, options_.threads, z);
}

double NetworkCycle::flops() const {
  return sweeps_ ? flops_ + sweeps_->flops(model_->architecture.sweeps) : 0;
}

std::size_t NetworkCycle::bytes() const {
  std::size_t sum = (residual_.size() + correction_.size() + fields_.size()) * sizeof(float);
  sum += sweeps_ ? sweeps_->bytes() : 0;
  for (const learned::Network* network : {network_.get(), transposed_.get()})
    sum += network ? network->bytes() : 0;
  return sum;
}

} // namespace linnet::cnn
