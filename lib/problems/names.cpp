#include "problems/names.hpp"

#include "base/error.hpp"
#include "problems/assemble.hpp"
#include "problems/domains.hpp"

#include <algorithm>

namespace linnet {

std::size_t find_name(std::span<const char* const> known, const std::string& name, const char* what) {
  const auto found = std::find(known.begin(), known.end(), name);
  if (found != known.end())
    return static_cast<std::size_t>(found - known.begin());
  std::string expected;
  for (const char* const one : known)
    expected += (expected.empty() ? "" : ", ") + std::string(one);
  throw InputError(std::string(what) + ": expected one of " + expected + ", found '" + name + "'");
}

Family family_from_name(const std::string& name) {
  return static_cast<Family>(find_name(family_names, name, "domain"));
}

Isolated isolated_from_name(const std::string& name) {
  return static_cast<Isolated>(find_name(isolated_names, name, "isolated"));
}

Numbering numbering_from_name(const std::string& name) {
  return static_cast<Numbering>(find_name(numbering_names, name, "numbering"));
}

RightHandSide right_hand_side_from_name(const std::string& name) {
  return static_cast<RightHandSide>(find_name(right_hand_side_names, name, "rhs"));
}

} // namespace linnet
