#pragma once

#include "learned/model.hpp"

namespace linnet::learned {

/// The networks of Kaneda et al. (ICML 2023), made for grids of 64 (97,457 parameters in three dimensions) or of 128
/// and more cells (152,881): 16 channels, one coarser grid, the residual alone. size: 64 or 128.
Architecture dcdm_architecture(int size, int dimension);

/// How large the network of hybrid_architecture() is.
struct HybridSize {
  int channels = 32, geometry_channels = 16, patch = 4; ///< cells of the finest grid along an axis of a cell of its own
  int blocks = 2;                                       ///< gated convolutions before the coarser grid, and after it
  int bottom_blocks = 4;
};

/// Linear in the residual, conditioned on the operator: between exact sweeps on the grid itself, a multigrid-shaped
/// network that begins at a quarter of the resolution. A geometry branch reads the operator (three couplings with the
/// upper neighbours, excess, unknowns) and leaves gates for every grid; all grids but the first share their weights.
Architecture hybrid_architecture(int dimension, const HybridSize& size = {});

/// Channels of the operator that hybrid_architecture() reads.
inline constexpr int hybrid_operator_channels = 5;

/// The multigrid cycle of PCLATTICEMG.
Architecture cycle_architecture(int dimension);

/// Random weights: normal, of the variance that keeps the size of fields; gates near 1; transfers near averages.
Model make_model(const Architecture& architecture, std::uint64_t seed);

} // namespace linnet::learned
