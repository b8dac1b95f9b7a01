#pragma once

#include "learned/model.hpp"
#include "learned/train/stage.hpp"
#include "learned/train/validation.hpp"

#include <chrono>
#include <functional>
#include <memory>

namespace linnet::learned {

/// Where the errors of training solves come from.
enum class Errors : std::uint8_t {
  running, ///< random ones, and what the network itself leaves of them (OperatorPool::error())
  ritz     ///< Ritz vectors (RitzVectors::error())
};
inline constexpr std::array<const char*, 2> errors_names = {"running", "ritz"};

enum class OptimiserType : std::uint8_t { adam, mfac };

/// What trains a network.
struct TrainingOptions {
  int steps = 2000;   ///< of the whole schedule
  int plateau = 0;    ///< steps before the rate falls and the larger grids begin; 0: 30 % of them
  int stop = 0;       ///< end after so many steps of the schedule; 0: all
  double minutes = 0; ///< > 0: steps and plateau are found by the time that steps take
  OptimiserType optimiser = OptimiserType::adam;
  int window = 64;         ///< gradients of mfac
  double damping = 1e-3;   ///< of mfac; published for larger networks: 1e-7 .. 1e-4
  bool keep_zeros = false; ///< weights that are zero, of a network that was pruned, stay so
  double rate = 2e-3;      ///< warm-up, a plateau, then linearly to 0
  Loss loss = Loss::energy;
  Errors errors = Errors::running;
  int lanczos = 0; ///< steps that give the Ritz vectors; 0: RitzVectors::default_steps()
  /// With Ritz vectors for validation alone: they are of own systems, or of the empty box of each size.
  std::vector<OperatorClass> classes = {OperatorClass::voxel, OperatorClass::walls};
  std::vector<int> sizes = {32, 64};      ///< cells along an axis
  std::vector<double> parts = {0.7, 0.3}; ///< of the steps after the plateau, by size
  int batch = 8;                          ///< samples of the first size at once; of others as many cells, at least one
  int iterations = 9;                     ///< of a training solve, at most
  int domains = 128;                      ///< of the first size; of others by their cells, an eighth of it at least
  int validate_every = 0;                 ///< steps; 0: at the end only
  int validation_size = 32;
  std::uint64_t seed = 1;
  int threads = 1;
};

/// Throws InputError for networks other than those linear in the residual that read 5 channels of the operator, and
/// those for residuals of norm 1 that read none.
void check_trainable(const Architecture& architecture);

/// Operators of a user's own: in place of random ones where there are any.
struct OwnSystems {
  std::vector<GridOperator> training;
  std::vector<HeldOut> validation;
};

/// How far a training is.
struct TrainingState {
  int step = 0;
  int steps = 0;   ///< 0: not known yet
  int plateau = 0; ///< 0: not known yet
  double rate = 0;
  double seconds = 0;
  double norm = 0;          ///< of the gradient, before it is clipped at 1
  std::vector<double> left; ///< by size of grid: running mean of what a step leaves (Slot::loss)
  int rollbacks = 0;
};

/// One line of the log.
struct LogPoint {
  int step;
  double seconds, rate, loss, norm; ///< loss: of the latest step
};
struct LogValidation {
  int step;
  std::vector<std::string> name;
  std::vector<double> iterations; ///< geometric mean, by name
};

/// Adam (0.9, 0.98), or M-FAC over a window of gradients with momentum 0.9, over running solves (Slot). The same
/// options give the same bits for the same number of threads, also across a checkpoint; what was found by time is in
/// progress(). A step with a gradient that is not finite is left out. Where ten of them come in a row, or the running
/// mean of what a step leaves rises to three times its least, or a step takes less than 0.3 of what it took at best,
/// all is set back to where it was well, 100 steps ago or more, and goes on at half the rate, warmed up anew; eight
/// times, then std::runtime_error.
class Trainer {
public:
  Trainer(const TrainingOptions& options, Model model, OwnSystems own = {});
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;
  ~Trainer();

  bool done() const;
  /// One step, and validation where it is due.
  void step();
  const TrainingState& progress() const { return progress_; }
  const std::vector<LogPoint>& log() const { return log_; }
  const std::vector<LogValidation>& validations() const { return validations_; }
  /// Of the weights as they are.
  std::vector<Validation> validate() const;
  /// The best weights that were validated; those of the last step where none were.
  Tensors best() const { return best_score_ < 1e300 ? best_ : tensors_; }
  /// Of best(); none where none were validated.
  const std::vector<Validation>& best_validation() const { return best_validation_; }
  /// Validates the weights of the last step, for best().
  void finish();

  /// All but the options: between two steps.
  void state(Archive* archive);

private:
  void add_stage(OperatorPool pool, double part, bool late, const Solves& solves);
  std::size_t choose_stage();
  double rate() const;
  void plan();
  bool healthy() const;
  void watch_divergence(std::size_t stage, double value);
  void core_state(Archive* archive);

  struct Grids;
  TrainingOptions options_;
  Architecture architecture_;
  Tensors tensors_, best_;
  double best_score_ = 1e301;
  std::vector<Validation> best_validation_;
  Draw draw_;
  std::vector<Grids> stages_;
  std::unique_ptr<class Optimiser> optimiser_;
  std::vector<Validator> validators_;
  TrainingState progress_;
  std::vector<LogPoint> log_;
  std::vector<LogValidation> validations_;
  double brake_ = 1;
  int spoilt_ = 0, warm_from_ = 0;
  // What all was at `candidate_step_`; when the steps after it turn out well it becomes what is gone back to.
  std::string candidate_, last_good_;
  int candidate_step_ = 0;
};

/// A whole training. `watch` is called after each step and returns false to end.
void train(const TrainingOptions& options, Model* model, const std::function<bool(const TrainingState&)>& watch);

} // namespace linnet::learned
