#pragma once

#include <algorithm>
#include <cstdint>

namespace linnet {

/// What one application of latticemg sends to a neighbour, by the surface formula. Grids of nx x ny cells in a plane,
/// halved on all axes from one to the next, none periodic; the first `shared` of `levels` are in slabs. Before and
/// after the coarser one a V cycle has `sweeps` on each, a W cycle one more on the finest and one less, but one, from
/// the third on: R half sweeps. H = half of the cells of a plane of a level, those of one colour. In H a level:
///
///   a visit from zero      2 R (b, both colours) + R (u, red)
///   a second visit (W)     R + 1 (u, black) + R (u, red)
///   after the visits       2 floor((R + 1) / 2), R of the finer grid (u, both colours, before they are added to it)
///
/// The finest grid has one visit and nothing after it.
struct CycleSurface {
  int nx = 1, ny = 1, levels = 1, shared = 0, sweeps = 2;
  bool w_cycle = true;
  /// With the zeros that fields have around them: lines of 16 cells, and 8 more where these leave none, one line more a
  /// plane.
  bool padded = false;

  struct Sent {
    std::int64_t messages = 0, bytes = 0;
    std::int64_t gathers = 0; ///< of a field of the first grid that is not shared, one for each colour
  };
  Sent to_a_neighbour() const {
    const auto reach_of = [&](int l) -> std::int64_t {
      const int more = l == 0 ? 1 : l == 1 ? 0 : -1;
      return 2 * (w_cycle ? std::max(1, sweeps + more) : sweeps);
    };
    Sent sent;
    std::int64_t visits_of_finer = 0;
    int x = nx, y = ny;
    for (int l = 0; l <= shared && l < levels; ++l) {
      const std::int64_t from_zero = l == 0 ? 1 : visits_of_finer;
      const std::int64_t again = l > 0 && w_cycle && l + 1 < levels ? visits_of_finer : 0;
      if (l == shared) {
        sent.gathers = l > 0 ? 2 * from_zero : 0;
        break;
      }
      const std::int64_t reach = reach_of(l), of_finer = l > 0 ? reach_of(l - 1) : 0;
      const int row = (x + 1) / 2;
      const std::int64_t half = padded ? static_cast<std::int64_t>((row + 15) / 16 * 16 + (row % 16 ? 0 : 8)) * (y + 1)
                                       : static_cast<std::int64_t>(x) * y / 2;
      sent.messages += 3 * from_zero + 2 * again + 2 * visits_of_finer;
      sent.bytes += static_cast<std::int64_t>(sizeof(float)) * half *
                    (3 * reach * from_zero + (2 * reach + 1) * again + 2 * ((of_finer + 1) / 2) * visits_of_finer);
      visits_of_finer = from_zero + again;
      x = (x + 1) / 2;
      y = (y + 1) / 2;
    }
    return sent;
  }
};

} // namespace linnet
