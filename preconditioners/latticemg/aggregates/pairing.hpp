#pragma once

#include "latticemg/aggregates/node_groups.hpp"

namespace linnet::latticemg {

/// Of a group of pair_up().
inline constexpr int most_in_group = 3;

/// Couplings below this part of the strongest one of either node join no nodes.
inline constexpr float least_strength = 0.25F;

/// Joins nodes with the neighbours that they are coupled with most, in the order of the nodes: pairs whose coupling is
/// nearly the strongest of both first. Nodes that are left join a pair if their coupling with it is strong, or stay
/// alone; those without links, or held, are in no aggregate: relaxation solves for them. The groups are numbered by
/// their first nodes. `least`: least_strength or less, 0 to join nodes whatever their couplings.
void pair_up(const Graph& graph, float least, int threads, NodeGroups* pairs);

/// Part of the resistance between two nodes that lies within an aggregate which a link leaves at some of its nodes
/// only: a half, between the middles of two nodes of a chain.
inline constexpr double part_within = 0.5;

/// Each node by itself.
void leave_single(const Graph& graph, NodeGroups* single);

/// The graph of the aggregates. Galerkin's coupling of two aggregates (the sum of the links between them) is that of
/// functions which are constant on each. One that changes evenly has less energy, by as much as a chain of
/// resistances: 1 / w = 1 / sum + part_within / (couplings within the aggregate), for each of the two that the links
/// leave at some of its nodes only. On a lattice this is 1/2 along an axis that was halved and 1 across it. No less
/// than `least_coupling` times Galerkin's; excess, and links with nodes in no group, times `excess_factor`
/// (AggregateWeights). Collective over the ranks
/// of the border.
void contract(const Graph& graph, const NodeGroups& pairs, float least_coupling, float excess_factor, int threads,
              Graph* coarse);

} // namespace linnet::latticemg
