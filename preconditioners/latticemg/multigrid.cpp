#include "latticemg/multigrid.hpp"
#include "base/large_pages.hpp"
#include "latticemg/rows.hpp"
#include "latticemg/zeros.hpp"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>
#include <utility>

namespace linnet::latticemg {

namespace {

// Excess below zero by no more than this of the diagonal is taken for rounding in the matrix.
constexpr double rounding_of_excess = 1e-10;

// Largest excess on a level where the largest coupling is 1, and the range of coefficients, so that both ends and
// their squares keep within single precision.
constexpr double most_excess = 1e10;
constexpr double most_range = 1e28;

// From so many on, memory that the setup alone needed is not kept for the next one.
constexpr std::size_t many_cells = std::size_t{1} << 23;

std::string cell_text(const LatticeOperator& op, std::size_t c) {
  const std::size_t nx = static_cast<std::size_t>(op.size[0]), ny = static_cast<std::size_t>(op.size[1]);
  const auto number = [&](std::size_t i, int axis) {
    return std::to_string(static_cast<std::ptrdiff_t>(i) + op.begin[static_cast<std::size_t>(axis)]);
  };
  return "cell (" + number(c % nx, 0) + ", " + number(c / nx % ny, 1) + ", " + number(c / nx / ny, 2) + ")";
}

std::string number_text(double value) {
  char text[32];
  (void)std::snprintf(text, sizeof(text), "%g", value);
  return text;
}

// Bytes laid out as the fields of a level, all 0. Returns that of its cell (0, 0, 0).
std::uint8_t* place_bytes(const Level& level, int threads, Buffer<std::uint8_t>* bytes) {
  bytes->resize(static_cast<std::size_t>(2 * level.gap));
  clear(threads, bytes);
  return bytes->data() + level.front;
}

} // namespace

std::string Multigrid::check(const LatticeOperator& op, int threads) {
  const std::string needs = ": latticemg needs a symmetric matrix without positive entries off the diagonal";
  if (op.min_coupling < 0)
    return "a coupling is " + number_text(op.min_coupling) + ", an off-diagonal entry of the other sign" + needs;
  const double largest = std::max(op.max_coupling, op.max_excess);
  if (op.min_coupling > 0 && !(largest <= most_range * op.min_coupling))
    return "the coefficients go from " + number_text(op.min_coupling) + " to " + number_text(largest) +
           ", a wider range than single precision holds";
  const std::size_t cells = op.min_excess < 0 || op.decoupled_rows > 0 ? op.cell_count() : 0;
  const auto couplings_of = [&op](std::size_t c) {
    double couplings = 0;
    for (Direction d = 0; d < 6; ++d)
      couplings += op.coupling(c, d);
    return couplings;
  };
  std::size_t faulty = cells; // the first one
  bool raised = false;
#pragma omp parallel for reduction(min : faulty) reduction(|| : raised) schedule(static) num_threads(threads)
  for (std::size_t c = 0; c < cells; ++c) {
    const double excess = op.links[c] ? op.excess_of(c) : 0;
    if (!(excess < 0))
      continue;
    const double couplings = couplings_of(c);
    if (couplings + excess <= 0)
      faulty = std::min(faulty, c);
    raised = raised || excess < -rounding_of_excess * (couplings - excess);
  }
  raised_ = raised;
  if (faulty < cells)
    return "the diagonal of " + cell_text(op, faulty) + " is " +
           number_text(couplings_of(faulty) + op.excess_of(faulty)) + needs + " and with a positive one";
  return "";
}

std::string Multigrid::build(const LatticeOperator& op, const Lattice& lattice, PetscInt rows, int threads,
                             Coarsening coarsening, Aggregation aggregation, const CycleWeights& weights) {
  const Layout layout{
      plan_coarsening(op, coarsening, coarsest_cells, threads), aggregation, {{0, 0}, 0, 0, false}, {}, false, weights};
  return build(op, lattice, rows, threads, layout);
}

std::string Multigrid::build(const LatticeOperator& op, const Lattice& lattice, PetscInt rows, int threads,
                             const Layout& layout) {
  const bool active = layout.ranks.slab >= 0;
  raised_ = false;
  std::string refusal = active ? check(op, threads) : "";
  raised_ = !layout.ranks.on_all(!raised_);
  bool laid = !levels_.empty() && laid_size_ == lattice.size && laid_periodic_ == lattice.periodic &&
              layout_.coarsening == layout.coarsening && layout_.slabs == layout.slabs &&
              layout_.ranks == layout.ranks && layout_.finest_only == layout.finest_only;
  if (!laid && refusal.empty()) {
    layout_ = layout;
    lay_out(lattice.size, lattice.periodic);
    if (2 * levels_[0].gap > std::numeric_limits<std::uint32_t>::max())
      refusal = "the lattice has too many cells for latticemg";
    laid_size_ = lattice.size;
    laid_periodic_ = lattice.periodic;
  }
  if (!layout.ranks.on_all(refusal.empty())) {
    levels_.clear();
    return refusal;
  }
  layout_.weights = layout.weights;
  const std::array<int, 3>& axis = layout_.coarsening.axis;
  Level& finest = levels_[0];
  // Couplings of 1 at most; excess that single precision could not hold beside them counts as well.
  const double unit = std::max(op.max_coupling, op.max_excess / most_excess);
  scale_ = unit > 0 ? 1 / unit : 1;
  const bool has_levels = !layout_.coarsening.halved.empty() && lattice.size[0] > 0;
  below_zero_ = has_levels ? std::max(0.0, -op.min_excess) : 0;
  const auto lay = [&](Form form) { // what is laid for a later one has all that an earlier one needs
    if (!laid || laid_form_ < form)
      place_fields(form, rows, threads);
    laid = true;
  };
  const auto all_have = [&](bool done) { return layout_.ranks.on_all(!active || done); };
  Form form = Form::general;
  if (op.coded && has_levels) {
    lay(Form::coded);
    finest.code = place_bytes(finest, threads, &code_);
    form = all_have(import_coded(op, axis, scale_, threads, &finest)) ? Form::coded : form;
  }
  if (form != Form::coded)
    code_.release();
  if (form != Form::coded && op.uniform && has_levels && all_have(!finest.mixed())) {
    form = Form::diagonals;
    lay(form);
    if (active)
      import_diagonals(op, axis, scale_, threads, &finest);
  }
  if (form != Form::general && active && finest.has_walls()) {
    finest.links = place_bytes(finest, threads, &links_);
    import_links(op, axis, threads, &finest);
  } else {
    links_.release();
  }
  if (form == Form::general) {
    lay(form);
    if (active)
      import_general(op, axis, scale_, has_levels, threads, &finest);
  }
  if (active)
    find_extents(0, threads);
  aggregates_.clear();
  CellGroups groups;
  const bool automatic = has_levels && layout.aggregation == Aggregation::automatic;
  aggregated_ = has_levels && (layout.aggregation == Aggregation::always ||
                               (automatic && layout_.coarsening.semi && couplings_part_cells(op, threads, &groups)));
  Walls walls;
  if (automatic && !aggregated_ && layout_.coarsening.halved.size() > 1) {
    walls = look_for_walls(0, !op.uniform && !layout_.coarsening.semi, threads);
    aggregated_ = walls.are_many() || (walls.are_uneven() && inclusions_part_cells(walls));
  }
  if (!aggregated_) {
    build_grids(op, threads);
    aggregated_ = automatic && grids_fail(op, walls, threads);
  }
  if (aggregated_)
    coarsest_ = {};
  if (aggregated_ && active) {
    if (groups.empty())
      group_cells(op, own_planes(), threads, &groups);
    Border border;
    if (finest.shared)
      border = Border::of_slab(layout_.ranks.active, layout_.slabs.ring);
    border.most_gathered = layout.most_gathered;
    aggregates_.build(op, axis, scale_, threads, finest, std::move(groups), border, layout_.weights.aggregates);
  }
  if (aggregated_ && op.cell_count() >= many_cells)
    give_back_freed(); // graphs
  place_rows(op, lattice, rows, threads);
  find_decoupled(op, lattice, rows);
  if (active)
    clear_b(threads);
  return "";
}

// Those after the finest one.
void Multigrid::build_grids(const LatticeOperator& op, int threads) {
  place_coarse_fields(threads);
  levels_[0].excess_everywhere = static_cast<float>(scale_ * std::max(0.0, op.min_excess));
  for (std::size_t l = 0; l + 1 < levels_.size(); ++l) {
    levels_[l + 1].excess_everywhere = levels_[l].excess_everywhere;
    for (const bool halved : levels_[l + 1].halved)
      levels_[l + 1].excess_everywhere *= halved ? 2.0F : 1.0F;
    if (l == 0)
      coarsen_operator(op, layout_.coarsening.axis, scale_, layout_.weights, threads, &views_[0]);
    else
      coarsen(levels_[l], l, layout_.weights, threads, &views_[l]);
    complete_coefficients(&levels_[l + 1], views_[l]);
    levels_[l + 1].couplings = views_[l].couplings = op.uniform ? Couplings::general : Couplings::differences;
    set_diagonals(threads, &levels_[l + 1]);
    if (layout_.ranks.slab >= 0)
      find_extents(l + 1, threads);
    views_[l].extent = levels_[l + 1].extent;
    if (views_[l].extent)
      views_[l].extent += static_cast<std::ptrdiff_t>(views_[l].begin - levels_[l + 1].begin) * levels_[l + 1].size[1];
  }
  if (layout_.ranks.slab >= 0 && !layout_.finest_only)
    coarsest_.build(levels_.back(), levels_.back().b);
}

// The couplings and the excess that other ranks have computed.
void Multigrid::complete_coefficients(Level* level, const Level& view) {
  if (!halo_)
    return;
  const bool gathered = !level->shared && levels_[static_cast<std::size_t>(level - levels_.data()) - 1].shared;
  for (float* field : {level->face[0], level->face[1], level->face[2], level->b}) {
    if (level->shared)
      halo_->exchange(*level, field, Halo::both, layout_.slabs.halo);
    else if (gathered)
      halo_->gather(*level, view, field);
  }
}

void Multigrid::run_team(int threads, const std::function<void(Member*)>& work) {
  const int members = team_size(levels_[0], threads);
  scratch_.resize(std::max(scratch_.size(), static_cast<std::size_t>(members)));
  for (std::vector<float>& line : scratch_)
    line.resize(2 * (static_cast<std::size_t>(round_up(levels_[0].size[0])) + block));
  if (members == 1) {
    Member alone = Member::alone();
    return work(&alone);
  }
  std::optional<Team> team;
#pragma omp parallel num_threads(members)
  {
#pragma omp single
    team.emplace(omp_get_num_threads()); // which may be fewer than were asked for
    Member member(&*team, omp_get_thread_num());
    work(&member);
  }
}

Cycle Multigrid::cycle(const CycleOptions& options, const Member& member) {
  const Kernels& kernels = options.kernels ? *options.kernels : *supported_kernels()[0];
  const bool grids = aggregates_.empty();
  return {levels_,
          views_,
          &coarsest_,
          grids ? nullptr : &aggregates_,
          halo_.get(),
          options,
          kernels,
          grids ? layout_.weights.red : layout_.weights.aggregates.red,
          scratch_[static_cast<std::size_t>(member.id())].data()};
}

void Multigrid::apply(const CycleOptions& options, const double* r, double* z) {
  const auto rows = static_cast<std::ptrdiff_t>(place_.size());
  const double largest = layout_.ranks.max(largest_magnitude(r, rows, options.threads));
  if (!std::isfinite(largest) || largest == 0) {
    std::fill_n(z, rows, largest == 0 ? 0 : std::numeric_limits<double>::quiet_NaN());
    return;
  }
  // In units of the largest: single precision has its range to itself.
  const double down = 1 / largest, up = largest * scale_;
  run_team(options.threads, [&](Member* member) {
    const Level& finest = levels_[0];
    const auto [first, last] = member->part_of(rows);
    for (std::ptrdiff_t i = first; i < last; ++i)
      finest.b[place_[static_cast<std::size_t>(i)]] = static_cast<float>(r[i] * down);
    member->barrier();
    cycle(options, *member).run(member);
    member->barrier();
    for (std::ptrdiff_t i = first; i < last; ++i)
      z[i] = up * finest.u[place_[static_cast<std::size_t>(i)]];
  });
  for (const Decoupled& d : decoupled_)
    z[d.row] = r[d.row] * d.inverse;
}

std::size_t Multigrid::bytes() const {
  std::size_t sum = code_.size() + links_.size() + (memory_.size() + coarse_memory_.size()) * sizeof(float) +
                    place_.size() * sizeof(std::uint32_t) + coarsest_.bytes() + aggregates_.bytes() +
                    decoupled_.size() * sizeof(Decoupled) + direction_.size() * sizeof(float) +
                    iterate_.size() * sizeof(double);
  for (const std::vector<float>& line : scratch_)
    sum += line.size() * sizeof(float);
  return sum;
}

double Multigrid::flops(const CycleOptions& options) const {
  // A half sweep takes 13 operations (7 with couplings of 1) on half of the cells; the residual of one colour 3 more.
  double sum = 0, visits = 1;
  for (std::size_t l = 0; l + 1 < levels_.size(); ++l) {
    const double cells = static_cast<double>(levels_[l].cells());
    const double relax = levels_[l].general() ? 13 : 7;
    sum += visits * cells * (2 * options.sweeps_on(l) * relax + (relax + 3) / 2 + 1);
    if (options.w_cycle && l + 2 < levels_.size())
      visits *= 2;
  }
  const double n = static_cast<double>(coarsest_.unknowns());
  if (!aggregates_.empty()) {
    const double relax = levels_[0].general() ? 13 : 7;
    sum = static_cast<double>(levels_[0].cells()) * (2 * options.sweeps_on(0) * relax + (relax + 3) / 2 + 1) +
          aggregates_.flops(options);
    visits = 0;
  }
  return sum + visits * 2 * n * n + 3 * static_cast<double>(place_.size());
}

double Multigrid::outer_flops(const CycleOptions& options) const {
  // A p twice (as many as a half sweep and 2 more on all cells), two dot products, three updates.
  const double product = levels_[0].general() ? 15 : 9;
  return flops(options) + static_cast<double>(levels_[0].cells()) * (2 * product + 6 + 6);
}

} // namespace linnet::latticemg
