#pragma once

#include "latticemg/aggregates/graph.hpp"

namespace linnet::latticemg {

/// The nodes of a graph in twos and threes, numbered by their first nodes.
struct Pairing {
  static constexpr int most_members = 3;
  int count = 0;
  Buffer<int> of;     ///< by node: its aggregate; -1 for a node in none
  Buffer<int> member; ///< [count][3]: the nodes, then -1
};

/// Couplings below this part of the strongest one of either node join no nodes.
inline constexpr float least_strength = 0.05F;

/// What becomes of nodes without links.
enum class Unlinked : std::uint8_t {
  left_out, ///< in no aggregate: relaxation solves for them
  alone     ///< each in one of its own: nodes that stand for several, which are linked with each other
};

/// Joins nodes with the neighbours that they are coupled with most, in the order of the nodes: pairs whose coupling is
/// nearly the strongest of both first. Nodes that are left join a pair if their coupling with it is strong, or stay
/// alone. `least`: least_strength or less, 0 to join nodes whatever their couplings.
void pair_up(const Graph& graph, float least, Unlinked unlinked, Pairing* pairing);

/// Part of the resistance between two nodes that lies within an aggregate which a link leaves at some of its nodes
/// only: a half, between the middles of two nodes of a chain.
inline constexpr double part_within = 0.5;
/// Couplings are no less than this part of Galerkin's from one level to the next. Corrections are then at most 1 / 0.6
/// times too large, as a W cycle bears: a level that is visited twice with a correction M A of eigenvalues l < 2 gets
/// l (2 - l), which is in 0 ... 1 again. With 0.5, l comes close to 2 where sweeps change nothing (layers of large
/// coefficients), and rounding makes M indefinite.
inline constexpr double least_coupling = 0.6;
/// The same of one of the two rounds of pairing from one level to the next: its root.
inline constexpr double least_coupling_of_round = 0.7745966692414834;

/// The graph of the aggregates. Galerkin's coupling of two aggregates (the sum of the links between them) is that of
/// functions which are constant on each. One that changes evenly has less energy, by as much as a chain of
/// resistances: 1 / w = 1 / sum + part_within / (couplings within the aggregate), for each of the two that the links
/// leave at some of its nodes only. On a lattice this is 1/2 along an axis that was halved and 1 across it.
void contract(const Graph& graph, const Pairing& pairing, int threads, Graph* coarse);

} // namespace linnet::latticemg
