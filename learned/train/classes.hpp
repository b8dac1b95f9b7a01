#pragma once

#include "learned/train/draw.hpp"
#include "learned/train/grid_operator.hpp"

#include <array>
#include <string>
#include <vector>

namespace linnet::learned {

/// What a network can be trained for.
enum class OperatorClass : std::uint8_t {
  voxel,     ///< Laplacians on voxel domains, closed and open sides, obstacles, free surfaces
  walls,     ///< the same with walls of one cell: plates, mazes, pipes, fine grains
  closed,    ///< closed on all sides: singular where nothing is free
  periodic,  ///< one axis and more closes; singular where nothing is open
  shift,     ///< a multiple of the identity added, from 1e-4 to 10 times a coupling
  jumps,     ///< coefficients of two values, up to 1e4 apart, in inclusions or layers
  smooth,    ///< coefficients exp(s g), g smooth noise, s up to 2
  stretched, ///< spacings of the axes up to 12 apart
  random ///< coefficients drawn for each cell: one of two values up to 1e4 apart, or log-normal, alike in layers or not
};
inline constexpr std::array<const char*, 9> class_names = {"voxel", "walls",  "closed",    "periodic", "shift",
                                                           "jumps", "smooth", "stretched", "random"};

/// Throws InputError for another name.
OperatorClass class_from_name(const std::string& name);

/// Of n^dimension cells, with an unknown on a tenth of them at least; singular ones only of closed and periodic. n is
/// even for periodic. The families drops and gyroid never occur: they are kept for validation.
GridOperator random_operator(OperatorClass what, int dimension, int n, Draw* draw);

/// The empty box of n^dimension cells: closed sides, open top, as linnet generate has them.
GridOperator box_operator(int dimension, int n);

/// The classes of `known` and those that an operator needs beyond voxel: "voxel,shift". By its couplings and excess, so
/// never walls.
std::string classes_with(const std::string& known, const GridOperator& op);

/// A system that no training sees.
struct HeldOut {
  std::string family; ///< "blobs"
  std::uint64_t seed = 0;
  GridOperator op;
};
/// A few families, among them one that is never trained on where the class has it, two seeds each.
std::vector<HeldOut> held_out(OperatorClass what, int dimension, int n);

} // namespace linnet::learned
