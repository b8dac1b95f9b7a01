#pragma once

#include "problems/voxels.hpp"
#include "smoke/flow.hpp"

#include <functional>

namespace linnet::smoke {

// Pressures and sources have one number a cell of the domain.

/// -div u in fluid cells, 0 elsewhere; u in cells a unit of time, cells of width 1. With p from A p = source(), where A
/// is the matrix of assemble() with every cell numbered, u - grad p has no divergence in the fluid.
std::vector<double> source(const VoxelDomain& domain, const Flow& flow);

/// u <- u - grad p on the faces of fluid cells that border no solid; p = 0 in air and beyond open sides. Faces between
/// fluid and solid keep what set_solid_faces() put there.
void subtract_gradient(const VoxelDomain& domain, const std::vector<double>& p, Flow* flow);

/// The component along `axis` of a solid's velocity at x.
using SolidVelocity = std::function<double(const Place& x, int axis)>;
/// On every face of a solid cell or a wall.
void set_solid_faces(const VoxelDomain& domain, const SolidVelocity& velocity, Flow* flow);

/// The sum over faces of fluid cells of u^2 / 2: kinetic energy of a fluid of density 1.
double kinetic_energy(const VoxelDomain& domain, const Flow& flow);

/// Gives faces that border no fluid the mean of their neighbours that do, `layers` deep, so that what is carried across
/// the surface finds a velocity there.
void extrapolate(const VoxelDomain& domain, int layers, Flow* flow);

} // namespace linnet::smoke
