// Aggregates of a lattice whose slabs lie on several ranks.
#include "latticemg/aggregates/graph_level.hpp"
#include "latticemg/couplings.hpp"
#include "latticemg/distribute.hpp"
#include "latticemg/multigrid.hpp"
#include "latticemg/solve.hpp"

#include <algorithm>
#include <numeric>

using namespace latticemg_test;
using voxels::Coefficients;
using voxels::Domain;

namespace {

// The operator on the whole lattice, and on the slab of this rank.
struct Slabs {
  Lattice lattice;
  LatticeOperator whole, slab;
  SlabPlan plan;
  int axis;

  Slabs(const Domain& domain, const Coefficients& coefficients, int across) : axis(across) {
    const OwnedMat A = owned(voxels::matrix(domain, voxels::full(domain), coefficients)), alone = on_each_process(A);
    lattice.size = {domain.size[0], domain.size[1], domain.size[2]};
    lattice.periodic = domain.periodic;
    lattice.natural = true;
    whole = read(alone);
    const int planes = domain.size[static_cast<std::size_t>(axis)];
    plan = {{0}, 1, 8, domain.periodic[static_cast<std::size_t>(axis)]};
    for (int r = 1; r < ranks_of_world(); ++r)
      plan.first.push_back(planes * r / ranks_of_world() / 4 * 4);
    plan.first.push_back(planes);
    if (ranks_of_world() == 1) {
      plan = {{0, planes}, 0, 0, false};
      slab = read(alone);
      return;
    }
    LatticeOperator box = read(alone); // all rows are the first rank's
    if (rank_in_world() > 0)
      box.size = {0, 0, 0};
    distribute(box, lattice, axis, plan, PETSC_COMM_WORLD, &slab);
  }
  BoxPlanes own() const {
    const auto r = static_cast<std::size_t>(rank_in_world());
    return {axis, {plan.halo, plan.halo + plan.first[r + 1] - plan.first[r]}};
  }
  Border border() const { return Border::of_slab(PETSC_COMM_WORLD, plan.ring); }

private:
  LatticeOperator read(Mat A) const {
    LatticeOperator op;
    std::string refusal;
    EXPECT_EQ(static_cast<int>(BuildLatticeOperator(A, lattice, &op, &refusal)), 0);
    EXPECT_EQ(refusal, "");
    return op;
  }
};

// Some cells are held by their excess, others nearly.
Coefficients with_held_cells(const Coefficients& plain) {
  return {plain.coupling, [=](const Domain& d, int c) {
            const double draw = voxels::random(11, static_cast<std::size_t>(c));
            return draw < 0.1 ? 1e4 * draw * draw : plain.excess(d, c);
          }};
}

std::vector<Slabs> systems() {
  std::vector<Slabs> all;
  all.emplace_back(voxels::noise(13, 12, 46, 0.4, 4), voxels::voxel(), 2);
  all.emplace_back(voxels::balls(48, 6, 9), voxels::variable(9), 2);
  all.emplace_back(voxels::torus(9, 8, 48, {true, true, true}), voxels::variable(2), 2);
  all.emplace_back(voxels::maze(14, 47, 7), voxels::neumann(), 1);
  all.emplace_back(voxels::box(90, 62, 1), voxels::stretched(), 0);
  all.emplace_back(voxels::noise(13, 12, 46, 0.2, 4), with_held_cells(voxels::voxel()), 2);
  all.emplace_back(voxels::box(11, 12, 47), with_held_cells(voxels::variable(3)), 2);
  return all;
}

Graph graph_of_groups(const Slabs& s, CellGroups* groups) {
  Graph graph;
  group_cells(s.slab, s.own(), 1, groups);
  contract(s.slab, *groups, s.border(), 1, least_part, 1, 1, &graph);
  return graph;
}
Graph graph_of_groups(const Slabs& s, Graph* whole) {
  CellGroups groups;
  *whole = latticemg_test::graph_of_groups(s.whole, &groups);
  return graph_of_groups(s, &groups);
}

// Of a graph that may be shared.
Graph gathered(const Graph& graph, int* first) {
  GraphGather gather;
  Graph whole = gather.gather(graph);
  *first = gather.first();
  return whole;
}

std::vector<float> sorted_values(const GraphCouplings& couplings) {
  std::vector<float> values;
  for (const auto& [nodes, w] : couplings)
    values.push_back(static_cast<float>(w));
  std::sort(values.begin(), values.end());
  return values;
}

TEST(SharedGraph, OfGroupsIsThatOfTheWholeLattice) {
  for (const Slabs& s : systems()) {
    Graph whole;
    int first = 0;
    const Graph graph = graph_of_groups(s, &whole), all = gathered(graph, &first);
    ASSERT_EQ(all.nodes(), whole.nodes());
    EXPECT_NEAR(total_excess(all), total_excess(whole), 1e-5 * (1 + total_excess(whole)));
    const GraphCouplings found = couplings_of(all), expected = couplings_of(whole);
    if (s.axis == 2) { // blocks are numbered plane by plane
      EXPECT_EQ(found, expected);
      continue;
    }
    EXPECT_EQ(sorted_values(found), sorted_values(expected));
  }
}

// `coarse` is the graph of the groups, with half the excess. Collective.
void expect_shared_graph_of_groups(const Graph& graph, const NodeGroups& groups, const Graph& coarse) {
  int first = 0, coarse_first = 0;
  const Graph fine = gathered(graph, &first), all = gathered(coarse, &coarse_first);
  std::vector<int> of(static_cast<std::size_t>(fine.nodes()), -1);
  for (int i = 0; i < graph.nodes(); ++i)
    if (const int own = groups.of[static_cast<std::size_t>(i)]; own >= 0)
      of.at(first + i) = coarse_first + own;
  MPI_Allreduce(MPI_IN_PLACE, of.data(), fine.nodes(), MPI_INT, MPI_MAX, PETSC_COMM_WORLD);
  expect_graph_of_groups(fine, of.data(), all);
  EXPECT_LT(all.nodes(), 0.75 * fine.nodes());
}

TEST(SharedGraph, OfAggregatesIsThatOfItsPairs) {
  for (const Slabs& s : systems()) {
    Graph whole;
    Graph graph = graph_of_groups(s, &whole);
    for (int l = 0; l < 3; ++l) { // contracted borders have borders
      NodeGroups pairs;
      Graph coarse;
      pair_up(graph, least_strength, 2, &pairs);
      contract(graph, pairs, least_part, 0.5F, 1, &coarse);
      expect_shared_graph_of_groups(graph, pairs, coarse);
      graph = std::move(coarse);
    }
  }
}

TEST(SharedGraph, OfBlocksIsThatOfTheirNodes) {
  for (const Slabs& s : systems()) {
    CellGroups groups;
    Graph graph = graph_of_groups(s, &groups);
    const NodeBlocks* blocks = &groups.lie;
    GroupedNodes next[2];
    for (GroupedNodes& joined : next) {
      Graph coarse;
      group_nodes(graph, *blocks, 1, &joined);
      contract(graph, *blocks, least_part, 0.5F, 1, &joined, &coarse);
      expect_shared_graph_of_groups(graph, joined.groups, coarse);
      graph = std::move(coarse);
      blocks = &joined.lie;
    }
  }
}

TEST(SharedGraph, HasTheValuesOfTheNeighbours) {
  for (const Slabs& s : systems()) {
    Graph whole;
    GraphGather gather;
    const Graph graph = graph_of_groups(s, &whole);
    const Graph all = gather.gather(graph);
    GraphLevel level;
    Buffer<int> place;
    set_operator(graph, nullptr, 1, &level, &place);
    level.clear_fields(1);
    EXPECT_EQ(level.all_nodes, whole.nodes());
    EXPECT_EQ(level.halo != nullptr, ranks_of_world() > 1);
    if (!level.halo)
      continue;
    // Their numbers in the whole graph, of which the gathered rows are in the order of the own ones.
    const auto u = [&](int node) -> float& {
      return level.u[static_cast<std::size_t>(place[static_cast<std::size_t>(node)])];
    };
    for (int i = 0; i < graph.nodes(); ++i)
      u(i) = static_cast<float>(gather.first() + i);
    level.halo->exchange();
    for (int i = 0; i < graph.nodes(); ++i) {
      auto k = static_cast<std::size_t>(all.first.begin()[gather.first() + i]);
      graph.for_each_link(i, [&](int j, float) { EXPECT_EQ(u(j), static_cast<float>(all.neighbour[k++])); });
    }
  }
}

// A preconditioner of rows that ranks share, whose graphs they share too down to few nodes.
class SharedCycle {
public:
  explicit SharedCycle(const Slabs& s) {
    const PetscInt size = static_cast<PetscInt>(s.slab.size[0]) * s.slab.size[1] * s.slab.size[2];
    Lattice rows;
    rows.size = s.lattice.size;
    rows.periodic = s.lattice.periodic;
    for (PetscInt c = 0; c < size; ++c) {
      PetscInt at[3] = {c % s.slab.size[0], c / s.slab.size[0] % s.slab.size[1], c / s.slab.size[0] / s.slab.size[1]};
      const bool own = s.own().planes.has(static_cast<int>(at[s.axis]));
      at[s.axis] += s.slab.begin[static_cast<std::size_t>(s.axis)];
      if (own)
        rows.cells.push_back(at[0] + s.lattice.size[0] * (at[1] + s.lattice.size[1] * at[2]));
    }
    cells_ = rows.cells;
    Layout layout;
    layout.coarsening = plan_coarsening(s.lattice.size, CouplingSums{}, Coarsening::full, coarsest_cells);
    EXPECT_EQ(layout.coarsening.axis[2], s.axis);
    layout.aggregation = Aggregation::always;
    layout.slabs = s.plan;
    layout.ranks = {PETSC_COMM_WORLD, PETSC_COMM_WORLD, rank_in_world()};
    layout.most_gathered = 0;
    EXPECT_EQ(multigrid_.build(s.slab, rows, static_cast<PetscInt>(rows.cells.size()), 1, layout), "");
  }
  // M r of a field of all cells.
  std::vector<double> apply(const std::vector<double>& r) {
    std::vector<double> own_r, own_z(cells_.size()), z(r.size(), 0);
    for (const PetscInt c : cells_)
      own_r.push_back(r[static_cast<std::size_t>(c)]);
    multigrid_.apply(CycleOptions{}, own_r.data(), own_z.data());
    for (std::size_t i = 0; i < cells_.size(); ++i)
      z[static_cast<std::size_t>(cells_[i])] = own_z[i];
    MPI_Allreduce(MPI_IN_PLACE, z.data(), static_cast<int>(z.size()), MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD);
    return z;
  }
  const Aggregates& aggregates() const { return multigrid_.aggregates(); }

private:
  Multigrid multigrid_;
  CellNumbers cells_;
};

TEST(SharedAggregates, MakeASymmetricPositiveCycle) {
  for (const Slabs& s : systems()) {
    SharedCycle cycle(s);
    EXPECT_EQ(cycle.aggregates().shared_levels() > 0, ranks_of_world() > 1);
    const std::vector<long long> sizes = cycle.aggregates().sizes();
    EXPECT_LE(sizes.back(), coarsest_nodes);
    const auto n = s.whole.cell_count();
    std::vector<std::vector<double>> x, z;
    for (unsigned seed = 1; seed <= 4; ++seed) {
      std::vector<double> r(n, 0);
      for (std::size_t c = 0; c < n; ++c)
        r[c] = s.whole.links[c] & 63 ? 2 * voxels::random(seed, c) - 1 : 0;
      x.push_back(r);
      z.push_back(cycle.apply(r));
    }
    const auto dot = [](const auto& a, const auto& b) {
      return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
    };
    for (std::size_t i = 0; i < x.size(); ++i) {
      EXPECT_GT(dot(x[i], z[i]), 0);
      for (std::size_t j = 0; j < i; ++j)
        EXPECT_NEAR(dot(x[i], z[j]), dot(x[j], z[i]), 3e-5 * std::sqrt(dot(x[i], z[i]) * dot(x[j], z[j])));
    }
  }
}

TEST(SharedAggregates, TakeTheIterationsOfOneRankWithinOne) {
  LINNET_CALL(LinnetInitialize());
  for (const auto& [domain, coefficients] : std::vector<std::pair<Domain, Coefficients>>{
           {voxels::noise(40, 39, 65, 0.4, 4), voxels::variable(2)},
           {voxels::balls(48, 12, 1), voxels::variable(9)},
           {voxels::torus(32, 40, 64, {false, false, true}), voxels::variable(3)}}) {
    const OwnedMat A = system(domain, coefficients), alone = on_each_process(A);
    const auto solver = [&](Mat M) {
      OwnedKSP ksp;
      KSPCreate(PetscObjectComm(reinterpret_cast<PetscObject>(M)), ksp.out());
      KSPSetType(ksp, KSPDCD);
      KSPSetOperators(ksp, M, M);
      KSPSetNormType(ksp, KSP_NORM_UNPRECONDITIONED);
      KSPSetTolerances(ksp, 1e-6, PETSC_DEFAULT, PETSC_DEFAULT, 300);
      PCSetType(pc_of(ksp), PCLATTICEMG);
      PCLatticeMGSetCoarsening(pc_of(ksp), PC_LATTICEMG_COARSENING_AGGREGATES);
      return ksp;
    };
    const OwnedKSP together = solver(A), single = solver(alone);
    const Outcome shared = latticemg_test::solve(together), expected = latticemg_test::solve(single);
    EXPECT_LE(shared.residual, 1e-6);
    EXPECT_LE(std::abs(shared.iterations - expected.iterations), 1) << shared.iterations;
    const std::string text = view(pc_of(together));
    const bool says = text.find("levels of aggregates they share: 0") == std::string::npos &&
                      text.find("levels of aggregates they share: ") != std::string::npos;
    EXPECT_TRUE(rank_in_world() > 0 || says == (ranks_of_world() > 1)) << text;
  }
}

} // namespace
