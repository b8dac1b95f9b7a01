#pragma once

#include "learned/network.hpp"

#include <mpi.h>
#include <petsclog.h>

/// Of what ranks tell each other.
extern PetscLogEvent PC_CNN_Halo;

namespace linnet::cnn {

/// Planes of a network's fields between the ranks that share it, in the order of their slabs.
class SlabExchange : public learned::Exchange {
public:
  explicit SlabExchange(MPI_Comm ranks);
  void refresh(std::byte* field, std::size_t plane, int first, int last) override;
  void gather(std::byte* field, std::size_t plane, const std::vector<int>& first) override;
  double sum(double value) const;

private:
  MPI_Comm ranks_;
  int below_, above_; // MPI_PROC_NULL at the ends
};

} // namespace linnet::cnn
