#include "learned/train/optimiser.hpp"

#include "mfac/optimiser.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace linnet::learned {

namespace {

class Adam : public Optimiser {
public:
  void state(Archive* archive) override {
    (*archive)(&steps_);
    archive->map(&moments_, [&](std::pair<std::vector<float>, std::vector<float>>* moments) {
      (*archive)(&moments->first);
      (*archive)(&moments->second);
    });
  }

private:
  void move(double rate, double clip, const Gradients& gradients, Tensors* tensors) override {
    ++steps_;
    const double first = 1 - std::pow(decay, steps_), second = 1 - std::pow(square_decay, steps_);
    for (const auto& [name, g] : gradients) {
      auto& [mean, variance] = moments_[name];
      mean.resize(g.size(), 0.0F);
      variance.resize(g.size(), 0.0F);
      std::vector<float>& w = tensors->at(name).values;
      for (std::size_t i = 0; i < g.size(); ++i) {
        const double v = clip * g[i];
        mean[i] = static_cast<float>(decay * mean[i] + (1 - decay) * v);
        variance[i] = static_cast<float>(square_decay * variance[i] + (1 - square_decay) * v * v);
        w[i] -= static_cast<float>(rate * (mean[i] / first) / (std::sqrt(variance[i] / second) + 1e-8));
      }
    }
  }

  static constexpr double decay = 0.9, square_decay = 0.98;
  int steps_ = 0;
  std::map<std::string, std::pair<std::vector<float>, std::vector<float>>> moments_;
};

class Mfac : public Optimiser {
public:
  explicit Mfac(const TrainingOptions& options) {
    options_.gradients = options.window;
    options_.damping = options.damping;
    options_.momentum = 0.9;
  }
  void state(Archive* archive) override {
    std::int64_t weights = weights_;
    (*archive)(&weights);
    if (archive->reads() && weights > 0)
      make(weights);
    if (inner_)
      inner_->state(archive);
  }

private:
  void make(std::int64_t weights) {
    weights_ = weights;
    inner_.emplace(weights, options_);
  }

  void move(double rate, double clip, const Gradients& gradients, Tensors* tensors) override {
    std::vector<double> w = flat(*tensors), g = flat(gradients, *tensors);
    for (double& v : g)
      v *= clip;
    if (!inner_)
      make(static_cast<std::int64_t>(w.size()));
    inner_->set_learning_rate(rate);
    if (inner_->step(w.data(), g.data()))
      unflatten(w, tensors);
  }

  mfac::OptimiserOptions options_;
  std::int64_t weights_ = 0;
  std::optional<mfac::Optimiser> inner_;
};

} // namespace

double Optimiser::step(double rate, const Gradients& gradients, Tensors* tensors) {
  double square = 0;
  for (const auto& [name, g] : gradients)
    for (const float v : g)
      square += static_cast<double>(v) * v;
  const double norm = std::sqrt(square);
  if (std::isfinite(norm))
    move(rate, std::min(1.0, 1 / (norm + 1e-12)), gradients, tensors);
  return norm;
}

std::unique_ptr<Optimiser> make_optimiser(const TrainingOptions& options) {
  if (options.optimiser == OptimiserType::mfac)
    return std::make_unique<Mfac>(options);
  return std::make_unique<Adam>();
}

std::vector<double> flat(const Tensors& tensors) {
  std::vector<double> all;
  for (const auto& [name, tensor] : tensors)
    all.insert(all.end(), tensor.values.begin(), tensor.values.end());
  return all;
}

std::vector<double> flat(const Gradients& gradients, const Tensors& tensors) {
  std::vector<double> all;
  for (const auto& [name, tensor] : tensors) {
    const auto g = gradients.find(name); // a tensor of grids that are larger than those of the gradients has none
    if (g == gradients.end())
      all.resize(all.size() + tensor.values.size(), 0.0);
    else
      all.insert(all.end(), g->second.begin(), g->second.end());
  }
  return all;
}

void unflatten(const std::vector<double>& all, Tensors* tensors) {
  auto next = all.begin();
  for (auto& [name, tensor] : *tensors)
    for (float& v : tensor.values)
      v = static_cast<float>(*next++);
}

} // namespace linnet::learned
