#include "cli/validators.hpp"

#include <sstream>

namespace linnet {

CLI::Validator within(double low, double high) {
  std::ostringstream range;
  range << "from " << low << " to " << high;
  const auto refusal = [low, high, wanted = "expected a number " + range.str()](const std::string& word) {
    double value = 0;
    const bool fits = CLI::detail::lexical_cast(word, value) && value >= low && value <= high;
    return fits ? std::string() : wanted + ", found '" + word + "'";
  };
  return {refusal, range.str()};
}

CLI::Validator not_empty() {
  return {[](const std::string& word) { return word.empty() ? std::string("expected a value, found none") : ""; }, ""};
}

} // namespace linnet
