#include "learned/train/prune.hpp"

#include "base/error.hpp"
#include "learned/train/optimiser.hpp"
#include "learned/train/stage.hpp"
#include "mfac/prune.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace linnet::learned {

namespace {

// Taps of a tensor of that name: weights of one output and one input channel.
std::size_t taps_of(const Tensor& tensor) {
  return tensor.values.size() / static_cast<std::size_t>(tensor.shape[0] * tensor.shape[1]);
}

// For each weight the group of the channel that it reads, or computes; -1: of none.
std::vector<int> groups_of_weights(const Tensors& tensors, const ChannelGroups& groups, bool reads) {
  std::vector<int> all;
  for (const auto& [name, tensor] : tensors) {
    const bool bias = tensor.shape.size() == 1;
    const ChannelGroups::Ends& ends = groups.ends.at(bias ? name.substr(0, name.rfind('.')) : name);
    for (std::size_t i = 0; i < tensor.values.size(); ++i) {
      const std::size_t taps = bias ? 1 : taps_of(tensor), in = bias ? 1 : ends.in.size();
      all.push_back(!reads ? ends.out[i / taps / in] : bias ? -1 : ends.in[i / taps % in]);
    }
  }
  return all;
}

std::vector<std::size_t> by_saliency(const std::vector<double>& saliency) {
  std::vector<std::size_t> order(saliency.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return saliency[a] < saliency[b]; });
  return order;
}

// Of `all` channels.
std::size_t channels_to_go(std::size_t all, const PruningOptions& options) {
  const auto multiple = static_cast<std::size_t>(options.multiple);
  const auto least = static_cast<std::size_t>(std::ceil((1 - options.fraction) * static_cast<double>(all) - 1e-9));
  const std::size_t kept = (std::max<std::size_t>(least, 1) + multiple - 1) / multiple * multiple;
  return all - std::min(all, kept);
}

OperatorPool pool(const PruningOptions& options, const Model& model, int count, Draw* draw) {
  return {{OperatorClass::voxel, OperatorClass::walls}, model.architecture.dimension, options.small, count, draw};
}

class Pruner {
public:
  Pruner(const PruningOptions& options, Model* model)
      : options_(options), model_(model), groups_(channel_groups(model->architecture)), draw_(options.seed),
        stage_(model->architecture, pool(options, *model, options.domains, &draw_), options.batch,
               {options.iterations, options.threads}, &draw_),
        fixed_(flat(model->tensors).size(), true), gone_(fixed_.size(), false),
        removed_(static_cast<std::size_t>(groups_.count), false) {
    std::size_t at = 0;
    for (const auto& [name, tensor] : model->tensors) { // all but biases may go
      std::fill_n(fixed_.begin() + static_cast<std::ptrdiff_t>(at), tensor.values.size(), tensor.shape.size() == 1);
      at += tensor.values.size();
    }
  }

  void round(int round) {
    mfac::BlockFisher fisher(static_cast<std::int64_t>(gone_.size()), options_.block, options_.gradients, 1);
    constexpr int most_spoilt = 100;
    for (int spoilt = 0; fisher.gradients() < options_.gradients;) {
      Gradients gradients;
      stage_.step(model_->tensors, &draw_, &gradients);
      if (!fisher.add(flat(gradients, model_->tensors).data()) && ++spoilt >= most_spoilt)
        throw std::runtime_error("100 gradients are not finite");
    }
    fisher.set_damping(std::max(options_.damping * fisher.mean_square(), 1e-30));
    std::vector<double> w = flat(model_->tensors);
    const double part = (round + 1.0) / options_.rounds;
    if (options_.what == Pruned::weights)
      choose_weights(fisher, w, part);
    else
      choose_channels(fisher, &w, part);
    fisher.prune(gone_, w.data());
    unflatten(w, &model_->tensors);
  }

  PruningResult finish() {
    PruningResult result;
    const std::vector<bool>& what = options_.what == Pruned::weights ? gone_ : removed_;
    result.removed = static_cast<std::size_t>(std::count(what.begin(), what.end(), true));
    result.all = options_.what == Pruned::weights
                     ? static_cast<std::size_t>(std::count(fixed_.begin(), fixed_.end(), false))
                     : removed_.size();
    if (options_.what == Pruned::channels)
      *model_ = without_channels(*model_, groups_, removed_);
    return result;
  }

private:
  void choose_weights(const mfac::BlockFisher& fisher, const std::vector<double>& w, double part) {
    std::vector<double> saliency(w.size());
    fisher.saliencies(w.data(), saliency.data());
    for (std::size_t j = 0; j < w.size(); ++j)
      saliency[j] = fixed_[j] ? INFINITY : gone_[j] ? -1 : saliency[j];
    const auto all = static_cast<double>(std::count(fixed_.begin(), fixed_.end(), false));
    const std::vector<std::size_t> order = by_saliency(saliency);
    for (std::size_t k = 0; k < static_cast<std::size_t>(part * options_.fraction * all); ++k)
      gone_[order[k]] = true;
  }

  void choose_channels(const mfac::BlockFisher& fisher, std::vector<double>* w, double part) {
    const std::vector<int> readers = groups_of_weights(model_->tensors, groups_, true);
    const std::vector<int> makers = groups_of_weights(model_->tensors, groups_, false);
    std::vector<double> saliency(removed_.size());
    fisher.group_saliencies(readers, groups_.count, w->data(), saliency.data());
    for (const ChannelGroups::Family& family : groups_.families) {
      std::vector<double> own;
      for (const int g : family.groups) {
        const auto at = static_cast<std::size_t>(g);
        own.push_back(removed_[at] ? -1 : saliency[at]);
      }
      const std::vector<std::size_t> order = by_saliency(own);
      const std::size_t size = smallest_peer(family);
      const std::size_t kept =
          size - static_cast<std::size_t>(part * static_cast<double>(channels_to_go(size, options_)));
      for (std::size_t k = 0; k + kept < order.size(); ++k)
        removed_[static_cast<std::size_t>(family.groups[order[k]])] = true;
    }
    const auto goes = [&](int g) { return g >= 0 && removed_[static_cast<std::size_t>(g)]; };
    for (std::size_t j = 0; j < gone_.size(); ++j) {
      gone_[j] = goes(readers[j]) || goes(makers[j]);
      if (goes(makers[j]) && !goes(readers[j])) // without effect once nobody reads the channel
        (*w)[j] = 0;
    }
  }

  std::size_t smallest_peer(const ChannelGroups::Family& family) const {
    std::size_t least = family.groups.size();
    for (const ChannelGroups::Family& other : groups_.families)
      if (other.peers == family.peers)
        least = std::min(least, other.groups.size());
    return least;
  }

  const PruningOptions& options_;
  Model* model_;
  ChannelGroups groups_;
  Draw draw_;
  Stage stage_;
  std::vector<bool> fixed_, gone_; // by weight
  std::vector<bool> removed_;      // by group
};

// Mean of q over the same solves for every model.
double energy_left(const PruningOptions& options, const Model& model) {
  Draw draw(options.seed + 1);
  Stage stage(model.architecture, pool(options, model, options.domains / 4 + 1, &draw), options.batch,
              {options.iterations, options.threads}, &draw);
  constexpr int steps = 32;
  double sum = 0;
  for (int step = 0; step < steps; ++step) {
    Gradients unused;
    sum += stage.step(model.tensors, &draw, &unused) / steps;
  }
  return sum;
}

} // namespace

PruningResult prune(const PruningOptions& options, Model* model, const std::function<void(int)>& watch) {
  check_trainable(model->architecture);
  if (model->architecture.unit_residual)
    throw InputError("network '" + model->architecture.name + "': only networks linear in the residual are pruned");
  const double before = energy_left(options, *model);
  PruningResult result;
  {
    Pruner pruner(options, model);
    for (int round = 0; round < options.rounds; ++round) {
      pruner.round(round);
      watch(round + 1);
    }
    result = pruner.finish();
  }
  result.before = before;
  result.after = energy_left(options, *model);
  return result;
}

} // namespace linnet::learned
