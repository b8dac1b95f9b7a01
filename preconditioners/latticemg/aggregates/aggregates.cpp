#include "latticemg/aggregates/aggregates.hpp"
#include "latticemg/zeros.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace linnet::latticemg {

namespace {

// More nodes than this that join no further are not solved, but swept over.
constexpr int most_solved = 1024;
constexpr int sweeps_unsolved = 8;

// Levels of fewer nodes are left to one thread.
constexpr int shared_nodes = 4096;

void copy(const Buffer<int>& from, Buffer<int>* to) {
  to->resize(from.size());
  std::copy(from.begin(), from.end(), to->begin());
}

} // namespace

std::size_t AggregateSums::bytes() const {
  return (first.size() + from.size()) * sizeof(std::uint32_t) + to.size() * sizeof(int);
}

void AggregateSums::sum(const float* fine, float* coarse, std::ptrdiff_t begin, std::ptrdiff_t end) const {
  for (auto s = static_cast<std::size_t>(begin); s < static_cast<std::size_t>(end); ++s) {
    float sum = 0;
    for (std::uint32_t k = first[s]; k < first[s + 1]; ++k)
      sum += fine[from[k]];
    coarse[to[s]] = sum;
  }
}

void Aggregates::tie_cells(const LatticeOperator& op, const std::array<int, 3>& axis, const Level& finest,
                           const CellGroups& groups, const Places& aggregates, int threads) {
  // Black cells have no residual, and get no correction, unless couplings join cells of a colour.
  const std::ptrdiff_t length = (finest.mixed() ? 2 : 1) * finest.gap;
  front_ = finest.front;
  residual_.resize(static_cast<std::size_t>(length));
  linnet::latticemg::clear(threads, &residual_);
  node_.resize(static_cast<std::size_t>(length));
  fill(threads, levels_[0].zero_place(), &node_);
  const Blocks blocks(op, groups.own);
  const auto in_field = [&](const auto& at) { return finest.at(at(axis[0]), at(axis[1]), at(axis[2])); };
  // Blocks begin at even cells: the same slots have places in them all.
  std::array<std::ptrdiff_t, 8> from_corner{};
  unsigned placed = 0;
  for (unsigned slot = 0; slot < 8; ++slot) {
    from_corner[slot] = in_field([&](int a) { return static_cast<int>(slot >> a & 1); });
    placed |= (from_corner[slot] < length ? 1U : 0U) << slot;
  }
  const BlockGroups* all = groups.in_blocks.data();
  std::vector<std::uint32_t> first(static_cast<std::size_t>(blocks.lines()) + 1, 0); // place in sums.from, by line
#pragma omp parallel for schedule(static) num_threads(threads)
  for (int line = 0; line < blocks.lines(); ++line) {
    std::uint32_t count = 0;
    for (int n = 0; n < blocks.per_line(); ++n)
      count += static_cast<std::uint32_t>(slots::count[all[blocks.place_of(line) + n].grouped() & placed]);
    first[static_cast<std::size_t>(line) + 1] = count;
  }
  std::partial_sum(first.begin(), first.end(), first.begin());
  AggregateSums sums;
  copy(aggregates.in_sums, &sums.to);
  sums.first.resize(sums.to.size() + 1);
  sums.first[sums.to.size()] = first.back();
  sums.from.resize(first.back());
#pragma omp parallel for schedule(static) num_threads(threads)
  for (int line = 0; line < blocks.lines(); ++line) {
    std::uint32_t next = first[static_cast<std::size_t>(line)];
    blocks.for_each_coupled(line, [&](const Blocks::Corner& corner) {
      const std::ptrdiff_t at_corner = front_ + in_field([&](int a) { return corner.at[a]; });
      all[corner.place].for_each_group([&](int group, unsigned mask) {
        const int in_level = aggregates.in_level[static_cast<std::size_t>(group)];
        sums.first[static_cast<std::size_t>(group)] = next;
        slots::for_each(mask & placed, [&](unsigned slot) {
          const auto place = static_cast<std::size_t>(at_corner + from_corner[slot]);
          node_[place] = in_level;
          sums.from[next++] = static_cast<std::uint32_t>(place);
        });
      });
    });
  }
  sums_.push_back(std::move(sums));
}

void Aggregates::tie_nodes(const NodeGroups& groups, const Buffer<int>& place, const Places& aggregates) {
  GraphLevel& fine = levels_[levels_.size() - 2];
  fine.parent.resize(static_cast<std::size_t>(fine.places()));
  std::fill(fine.parent.begin(), fine.parent.end(), levels_.back().zero_place());
  AggregateSums sums;
  copy(aggregates.in_sums, &sums.to);
  sums.first.resize(groups.first.size());
  std::copy(groups.first.begin(), groups.first.end(), sums.first.begin());
  sums.from.resize(groups.member.size());
  for (int I = 0; I < groups.count; ++I)
    groups.for_each_member(I, [&](int i, int) {
      fine.parent[static_cast<std::size_t>(place[static_cast<std::size_t>(i)])] =
          aggregates.in_level[static_cast<std::size_t>(I)];
    });
  for (std::size_t k = 0; k < groups.member.size(); ++k)
    sums.from[k] = static_cast<std::uint32_t>(place[static_cast<std::size_t>(groups.member[k])]);
  sums_.push_back(std::move(sums));
}

// Makes the graph whole where that is wanted, or it has few nodes. `own`: of the nodes that it had before; `place`: of
// those that it has then.
void Aggregates::add_level(Graph* graph, const NodeBlocks* blocks, bool gather, int threads, Places* own,
                           Buffer<int>* place) {
  const int nodes = graph->nodes();
  const bool shared = graph->border.shared();
  const long long most = std::max<long long>(coarsest_nodes, graph->border.most_gathered);
  gather = shared && (gather || graph->border.sum(nodes) <= most);
  if (gather) {
    gather_ = std::make_unique<GraphGather>();
    gathered_level_ = levels_.size();
    *graph = gather_->gather(*graph);
  }
  levels_.emplace_back();
  set_operator(*graph, gather ? nullptr : blocks, threads, &levels_.back(), place);
  if (gather)
    gather_->set_places(*place);
  const int first = gather ? gather_->first() : 0;
  const int* place_of_own = place->data() + first;
  for (Buffer<int>* places : {&own->in_level, &own->in_sums})
    places->resize(static_cast<std::size_t>(nodes));
  for (int i = 0; i < nodes; ++i) {
    own->in_level[static_cast<std::size_t>(i)] = place_of_own[i];
    own->in_sums[static_cast<std::size_t>(i)] = gather ? first + i : own->in_level[static_cast<std::size_t>(i)];
  }
}

void Aggregates::build(const LatticeOperator& op, const std::array<int, 3>& axis, double scale, int threads,
                       const Level& finest, CellGroups groups, const Border& border, const AggregateWeights& weights) {
  clear();
  Graph graph;
  Places own;
  Buffer<int> place;
  contract(op, groups, border, scale, weights.coupling[AggregateWeights::cells],
           weights.excess[AggregateWeights::cells], threads, &graph);
  groups.shapes = {}; // memory has its peak in what follows
  add_level(&graph, &groups.lie, false, threads, &own, &place);
  tie_cells(op, axis, finest, groups, own, threads);
  groups.in_blocks.release();
  Coarsener coarsener(weights, threads, border, &groups.lie);
  add_coarser_levels(std::move(graph), std::move(place), threads, &coarsener);
}

void Aggregates::add_coarser_levels(Graph graph, Buffer<int> place, int threads, Coarsener* coarsener) {
  levels_.back().twice = true;
  while (levels_.back().all_nodes > coarsest_nodes && coarsener->coarsen(graph)) {
    Places own;
    Buffer<int> coarse_place;
    add_level(&coarsener->coarse, coarsener->blocks, coarsener->whole, threads, &own, &coarse_place);
    tie_nodes(coarsener->groups, place, own);
    graph = std::move(coarsener->coarse);
    place = std::move(coarse_place);
    levels_.back().twice = coarsener->blocks || !levels_[levels_.size() - 2].twice;
  }
  if (graph.nodes() > 0 && graph.nodes() <= most_solved)
    coarsest_.build(graph, place.data());
  graph = {};
  for (GraphLevel& level : levels_)
    level.clear_fields(threads);
}

// b of level l <- the sums of `fine`, a field of the level above it or of the cells. By all members.
void Aggregates::sum_to(std::size_t l, const float* fine, Member* member) {
  const bool gathered = gather_ && l == gathered_level_;
  float* b = levels_[l].b.data();
  const auto [begin, end] = member->part_of(sums_[l].size());
  sums_[l].sum(fine, gathered ? gather_->values() : b, begin, end);
  member->barrier();
  if (!gathered)
    return;
  if (member->id() == 0)
    gather_->complete(b);
  member->barrier();
}

void Aggregates::visit(std::size_t l, bool from_zero, const CycleOptions& options, Member* member) {
  GraphLevel& level = levels_[l];
  if (member->count() > 1 && level.nodes < shared_nodes) {
    if (member->id() == 0) {
      Member alone = Member::alone();
      visit(l, from_zero, options, &alone);
    }
    member->barrier();
    return;
  }
  const bool last = l + 1 == levels_.size();
  if (last && coarsest_.unknowns() > 0) {
    if (member->id() == 0)
      coarsest_.solve(level.b.data(), level.u.data());
    member->barrier();
    return;
  }
  const GraphKernels& kernels = graph_kernels();
  const int colours = static_cast<int>(level.colours.size()) - 1,
            times = last ? sweeps_unsolved : options.sweeps_on_aggregates(l);
  const auto share = [&](int first, int end, const auto& work) {
    const auto [from, to] = member->part_of(end - first);
    work(first + static_cast<int>(from), first + static_cast<int>(to));
    member->barrier();
  };
  const auto fill_ghosts = [&] {
    if (!level.halo)
      return;
    if (member->id() == 0)
      level.halo->exchange();
    member->barrier();
  };
  const auto sweep = [&](bool back) {
    for (int n = 0; n < colours; ++n) {
      const auto c = static_cast<std::size_t>(back ? colours - 1 - n : n);
      share(level.colours[c], level.colours[c + 1],
            [&](int from, int to) { kernels.relax(level, from, to, level.u.data()); });
    }
    fill_ghosts();
  };
  if (from_zero)
    share(0, static_cast<int>(level.u.size()),
          [&](int from, int to) { std::fill(level.u.begin() + from, level.u.begin() + to, 0.0F); });
  for (int s = 0; s < times; ++s)
    sweep(false);
  if (!last) {
    const GraphLevel& coarse = levels_[l + 1];
    share(0, level.colours.back(), [&](int from, int to) { kernels.residual(level, from, to, level.residual.data()); });
    sum_to(l + 1, level.residual.data(), member);
    visit(l + 1, true, options, member);
    if (visited_twice(l + 1, options))
      visit(l + 1, false, options, member);
    share(0, level.colours.back(),
          [&](int from, int to) { kernels.prolong(level, from, to, coarse.u.data(), level.u.data()); });
    fill_ghosts();
  }
  for (int s = 0; s < times; ++s)
    sweep(true);
}

void Aggregates::correct(const CycleOptions& options, Member* member) {
  sum_to(0, residual_.data(), member);
  visit(0, true, options, member);
  if (visited_twice(0, options))
    visit(0, false, options, member);
}

std::vector<long long> Aggregates::sizes() const {
  std::vector<long long> sizes;
  for (const GraphLevel& level : levels_)
    sizes.push_back(level.all_nodes);
  return sizes;
}

std::size_t Aggregates::shared_levels() const {
  return gather_ ? gathered_level_ : 0;
}

std::size_t Aggregates::bytes() const {
  std::size_t sum = coarsest_.bytes() + (gather_ ? gather_->bytes() : 0) + residual_.size() * sizeof(float) +
                    node_.size() * sizeof(int);
  for (const GraphLevel& level : levels_)
    sum += level.bytes();
  for (const AggregateSums& sums : sums_)
    sum += sums.bytes();
  return sum;
}

double Aggregates::flops(const CycleOptions& options) const {
  double sum = 0, visits = 1;
  for (std::size_t l = 0; l < levels_.size(); ++l) {
    visits *= visited_twice(l, options) ? 2 : 1;
    const double product = 2.0 * levels_[l].couplings() + 2.0 * levels_[l].nodes;
    const double n = static_cast<double>(coarsest_.unknowns());
    sum += visits * (l + 1 < levels_.size() ? (2 * options.sweeps_on_aggregates(l) + 1) * product : 2 * n * n);
  }
  return sum;
}

} // namespace linnet::latticemg
