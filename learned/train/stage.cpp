#include "learned/train/stage.hpp"

namespace linnet::learned {

Stage::Stage(const Architecture& architecture, OperatorPool pool, int batch, const Solves& solves, Draw* draw)
    : sweeps_(architecture.sweeps), unit_norm_(architecture.unit_residual),
      channels_(static_cast<std::size_t>(architecture.operator_channels)), loss_(solves.loss),
      pool_(std::make_unique<OperatorPool>(std::move(pool))),
      tape_(instantiate(architecture, pool_->size()), batch, solves.threads) {
  for (int s = 0; s < batch; ++s)
    slots_.emplace_back(pool_.get(), solves.iterations, draw);
  cells_ = slots_[0].system().cells();
  residual_.resize(slots_.size() * cells_);
  gradient_.resize(residual_.size());
  fields_.resize(residual_.size() * channels_);
}

double Stage::step(const Tensors& tensors, Draw* draw, Gradients* gradients) {
  for (std::size_t s = 0; s < slots_.size(); ++s) {
    slots_[s].begin(sweeps_, unit_norm_, residual_.data() + s * cells_);
    if (channels_ > 0 && (slots_[s].iteration() == 0 || !written_))
      slots_[s].system().write_operator(fields_.data() + s * cells_ * channels_);
  }
  written_ = true;
  const float* answer = tape_.forward(tensors, fields_.data(), residual_.data());
  double sum = 0;
  for (std::size_t s = 0; s < slots_.size(); ++s)
    sum += slots_[s].loss(loss_, sweeps_, answer + s * cells_, gradient_.data() + s * cells_);
  const float part = 1.0F / static_cast<float>(slots_.size());
  for (float& g : gradient_)
    g *= part;
  tape_.backward(gradient_.data(), gradients);
  for (Slot& slot : slots_)
    slot.advance(draw);
  return sum / static_cast<double>(slots_.size());
}

void Stage::state(Archive* archive) {
  for (Slot& slot : slots_)
    slot.state(archive);
  if (archive->reads())
    written_ = false;
}

} // namespace linnet::learned
