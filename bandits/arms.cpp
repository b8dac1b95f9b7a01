#include "bandits/arms.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>
#include <stdexcept>

namespace linnet::bandits {

namespace {

[[noreturn]] void refuse(const std::string& where, const std::string& expected) {
  throw std::invalid_argument("arms: '" + where + "': expected " + expected);
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\n"), last = text.find_last_not_of(" \t\n");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t end = 0; end != std::string::npos; begin = end + 1) {
    end = text.find(at, begin);
    parts.push_back(trimmed(text.substr(begin, end - begin)));
  }
  return parts;
}

double number(const std::string& text, const std::string& where) {
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size() || !std::isfinite(value))
    refuse(where, "finite numbers, found '" + text + "'");
  return value;
}

bool is_name(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string shown(double value) {
  std::ostringstream text;
  text.precision(8);
  text << value;
  return text.str();
}

// From FROM to TO; omega evenly in ln(2 - omega), the grid that resolves the optimum on large systems.
std::vector<double> range(const std::string& text, const std::string& where, bool omega) {
  const auto parts = split(text, ':');
  if (parts.size() != 3)
    refuse(where, "FROM:TO:COUNT, found '" + text + "'");
  const double from = number(parts[0], where), to = number(parts[1], where), count = number(parts[2], where);
  if (!(from < to) || count != std::floor(count) || count < 2 || count > static_cast<double>(most_arms))
    refuse(where, "FROM < TO and a whole COUNT from 2 to " + std::to_string(most_arms));
  if (omega && !(from > 0 && to < 2))
    refuse(where, "omegas in (0, 2)");
  std::vector<double> values;
  for (int k = 0; k < static_cast<int>(count); ++k) {
    const double u = k / (count - 1);
    values.push_back(k == 0   ? from
                     : u == 1 ? to
                     : omega  ? 2 - std::pow(2 - from, 1 - u) * std::pow(2 - to, u)
                              : from + u * (to - from));
  }
  return values;
}

Axis parse_axis(const std::string& text) {
  const auto equal = text.find('=');
  if (equal == std::string::npos)
    refuse(text, "NAME=VALUES");
  Axis axis;
  axis.option = trimmed(text.substr(0, equal));
  if (axis.option.starts_with("-"))
    axis.option.erase(0, 1);
  if (axis.option.starts_with("pc_"))
    axis.option.erase(0, 3);
  if (!is_name(axis.option) || axis.option.find('_') == std::string::npos)
    refuse(text, "the name of an option of a preconditioner, such as sor_omega, before '='");
  const std::string list = trimmed(text.substr(equal + 1));
  const bool omega = axis.option == "sor_omega";
  if (list.find(':') != std::string::npos) {
    axis.values = range(list, text, omega);
  } else {
    for (const std::string& item : split(list, ','))
      axis.values.push_back(number(item, text));
  }
  if (omega && !std::ranges::all_of(axis.values, [](double v) { return v > 0 && v < 2; }))
    refuse(text, "omegas in (0, 2)");
  const bool sweeps = axis.option == "sor_its" || axis.option == "sor_lits";
  if (sweeps && !std::ranges::all_of(axis.values, [](double v) { return v >= 1 && v < 1e6 && v == std::floor(v); }))
    refuse(text, "whole numbers of sweeps from 1 on");
  auto sorted = axis.values;
  std::ranges::sort(sorted);
  if (std::ranges::adjacent_find(sorted) != sorted.end())
    refuse(text, "distinct values");
  return axis;
}

// sor_omega -> sor, factor_levels -> icc
std::string type_of(const Axis& axis) {
  const std::string type = axis.option.substr(0, axis.option.find('_'));
  return type == "factor" ? "icc" : type;
}

OptionSet parse_set(const std::string& text) {
  OptionSet set;
  set.label = text;
  std::string plain = text;
  if (const auto open = plain.find('['); open != std::string::npos) {
    if (plain.back() != ']' || plain.find('[', open + 1) != std::string::npos)
      refuse(text, "one pair of brackets around the options, at the end");
    plain[open] = ' ';
    plain.pop_back();
  }
  std::istringstream words(plain);
  std::string head;
  words >> head;
  const auto colon = head.find(':');
  set.type = head.substr(0, colon);
  if (!is_name(set.type))
    refuse(text, "TYPE[:VALUE] [-option value ...]");
  if (colon != std::string::npos) {
    const std::string value = head.substr(colon + 1);
    const double n = number(value, text);
    if (set.type == "sor" && n > 0 && n < 2)
      set.options.emplace_back("-pc_sor_omega", value);
    else if ((set.type == "icc" || set.type == "ilu") && n >= 0 && n < 100 && n == std::floor(n))
      set.options.emplace_back("-pc_factor_levels", value);
    else
      refuse(text, "sor:OMEGA in (0, 2), icc:LEVELS or ilu:LEVELS, or the value as an option");
  }
  for (std::string word; words >> word;) {
    const bool key = word.size() > 1 && word[0] == '-' && std::isalpha(static_cast<unsigned char>(word[1]));
    if (key)
      set.options.emplace_back(word, "");
    else if (!set.options.empty() && set.options.back().second.empty())
      set.options.back().second = word;
    else
      refuse(text, "-option [value], found '" + word + "'");
  }
  return set;
}

} // namespace

std::size_t Arms::size() const {
  if (!sets.empty())
    return sets.size();
  std::size_t n = 1;
  for (const Axis& axis : axes)
    n *= axis.values.size();
  return n;
}

std::vector<double> Arms::values(std::size_t arm) const {
  std::vector<double> chosen(axes.size());
  for (std::size_t a = axes.size(); a-- > 0; arm /= axes[a].values.size())
    chosen[a] = axes[a].values[arm % axes[a].values.size()];
  return chosen;
}

std::string Arms::label(std::size_t arm) const {
  if (!sets.empty())
    return sets[arm].label;
  const auto chosen = values(arm);
  std::string name;
  for (std::size_t a = 0; a < axes.size(); ++a)
    name += (a > 0 ? " " : "") + axes[a].option + "=" + shown(chosen[a]);
  return name;
}

Arms parse_arms(const std::string& text) {
  Arms arms;
  arms.text = trimmed(text);
  if (arms.text.empty())
    throw std::invalid_argument("arms: expected AXIS x AXIS ... or SET; SET; ..., found nothing");
  const auto equal = arms.text.find('=');
  if (equal != std::string::npos && equal < arms.text.find_first_of(" ;[")) {
    std::string rest = arms.text;
    for (std::size_t end = 0; end != std::string::npos; rest = end == std::string::npos ? "" : rest.substr(end + 3)) {
      end = rest.find(" x ");
      arms.axes.push_back(parse_axis(trimmed(rest.substr(0, end))));
      if (type_of(arms.axes.back()) != type_of(arms.axes.front()))
        refuse(arms.text, "axes that belong to one preconditioner");
      if (arms.size() > most_arms)
        refuse(arms.text, "at most " + std::to_string(most_arms) + " arms");
    }
    arms.type = type_of(arms.axes.front());
    return arms;
  }
  for (const std::string& part : split(arms.text, ';'))
    if (!part.empty())
      arms.sets.push_back(parse_set(part));
  for (std::size_t i = 0; i < arms.sets.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (arms.sets[i].label == arms.sets[j].label)
        refuse(arms.text, "distinct sets, found '" + arms.sets[i].label + "' twice");
  if (arms.sets.empty() || arms.sets.size() > most_arms)
    refuse(arms.text, "1 to " + std::to_string(most_arms) + " sets");
  return arms;
}

} // namespace linnet::bandits
