#include "cli/grid_option.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace linnet {

VoxelGrid parse_grid(const std::string& text) {
  const auto refusal = [](const std::string& found) {
    return InputError("--grid: expected NX,NY or NX,NY,NZ, integers of at least 1, found '" + found + "'");
  };
  std::array<std::int64_t, 3> cells = {1, 1, 1};
  std::size_t axes = 0;
  for (std::size_t begin = 0, end = 0; begin <= text.size(); begin = end + 1, ++axes) {
    if (axes == cells.size())
      throw refusal(text);
    end = std::min(text.find(',', begin), text.size());
    const auto [stop, error] = std::from_chars(text.data() + begin, text.data() + end, cells[axes]);
    if (error != std::errc() || stop != text.data() + end)
      throw refusal(text.substr(begin, end - begin));
  }
  if (axes < 2)
    throw refusal(text);
  const VoxelGrid grid{cells[0], cells[1], cells[2]};
  try {
    check_grid(grid);
  } catch (const InputError& error) {
    throw InputError(std::string("--") + error.what());
  }
  return grid;
}

} // namespace linnet
