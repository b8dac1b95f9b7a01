#pragma once

#include "lattice/fill.hpp"

#include <array>
#include <functional>
#include <vector>

namespace linnet {

/// The values of the cells around the box of a rank, one face a direction, from the ranks that own them. The boxes are
/// a product of ranges: what lies across a face is one rank's whole face.
class FaceExchange {
public:
  /// Collective.
  FaceExchange(MPI_Comm comm, const Lattice& lattice, const std::array<bool, 3>& periodic, const Box& box);

  /// pack(direction, buffer): writes the cells at this rank's end in that direction, line by line. Collective, with
  /// tags tag ... tag + 5.
  PetscErrorCode run(MPI_Comm comm, PetscMPIInt tag, const std::function<void(Direction, double*)>& pack);

  /// The cells across a face, line by line; null where another rank has none.
  const double* face(Direction d) const { return received_[at(d)].empty() ? nullptr : received_[at(d)].data(); }
  std::size_t bytes() const;

private:
  static std::size_t at(Direction d) { return static_cast<std::size_t>(d); }
  std::array<PetscMPIInt, 6> rank_;
  std::array<Buffer<double>, 6> sent_, received_;
};

} // namespace linnet
