#pragma once

#include <cstdint>

namespace linnet {

/// What an outer iteration is to do with the residual that it told.
enum class Verdict : std::uint8_t {
  iterate,
  confirm, ///< compute it anew, and ask again
  stop
};

/// How an outer iteration ended.
enum class OuterEnd : std::uint8_t {
  stopped,           ///< as was asked for
  indefinite_cycle,  ///< (r, M r) <= 0, or not a number
  indefinite_matrix, ///< (p, A p) <= 0, or not a number
  stalled,           ///< the residual does not fall any more, or only slowly
  declined           ///< nothing was done
};

} // namespace linnet
