#pragma once

#include "mfac/kernels.hpp"

#include <string>

namespace linnet::mfac {

/// How F^-1 is held; see window.hpp, elements.hpp, primal.hpp.
enum class Form : std::uint8_t { gram, elements, primal };

/// What is to be done with m rows of d numbers.
struct Workload {
  std::int64_t rows = 0;      ///< m
  std::int64_t columns = 0;   ///< d
  double products = 100;      ///< F^-1 x, expected
  bool slides = false;        ///< rows are replaced: the Gram matrix alone can follow
  bool one_holder = true;     ///< all columns are here: the primal form needs them
  bool with_elements = false; ///< elements or diagonals are asked for
  Precision precision = Precision::f64;
};

/// Flops and bytes of memory traffic.
struct Cost {
  double setup_flops = 0, product_flops = 0;
  double setup_bytes = 0, product_bytes = 0;
  double total_flops(double products) const { return setup_flops + products * product_flops; }
};

Cost cost_of(Form form, const Workload& work);

/// The form of the least flops among those that can do the work.
Form choose_form(const Workload& work);

const char* name_of(Form form);

/// One line: the form, and what it costs beside the others.
std::string explain(Form form, const Workload& work);

} // namespace linnet::mfac
