#pragma once

#include "lattice/operator.hpp"
#include "latticemg/slabs.hpp"

#include <mpi.h>

namespace linnet::latticemg {

/// The operator on the slab of this rank and its halo, made from the boxes of all ranks: rank s has slab s across the
/// `axis` of the lattice, ranks beyond the slabs nothing. Collective.
void distribute(const LatticeOperator& boxes, const Lattice& lattice, int axis, const SlabPlan& plan, MPI_Comm ranks,
                LatticeOperator* slab);

} // namespace linnet::latticemg
