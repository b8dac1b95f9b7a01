#include "mfac/form.hpp"

#include <cstdio>

namespace linnet::mfac {

Cost cost_of(Form form, const Workload& work) {
  const auto m = static_cast<double>(work.rows), d = static_cast<double>(work.columns);
  const double bytes = bytes_of(work.precision);
  Cost cost;
  if (form == Form::primal) {
    cost.setup_flops = d * d * m + d * d * d / 3 + 2 * d * d * d;
    cost.setup_bytes = bytes * m * d + 3 * 8 * d * d;
    cost.product_flops = 2 * d * d;
    cost.product_bytes = 8 * d * d;
    return cost;
  }
  cost.setup_flops = d * m * m + m * m * m / 3;
  cost.setup_bytes = bytes * m * d;
  cost.product_flops = 4 * d * m + 2 * m * m;
  cost.product_bytes = 2 * bytes * m * d + 3 * 8 * d;
  if (form == Form::elements) {
    cost.setup_flops += d * m * m;
    cost.setup_bytes += (bytes + 8) * m * d;
  }
  return cost;
}

Form choose_form(const Workload& work) {
  const Form dual = work.with_elements ? Form::elements : Form::gram;
  const bool possible = !work.slides && work.one_holder && work.columns < work.rows;
  return possible &&
                 cost_of(Form::primal, work).total_flops(work.products) < cost_of(dual, work).total_flops(work.products)
             ? Form::primal
             : dual;
}

const char* name_of(Form form) {
  return form == Form::gram ? "Gram + Cholesky" : form == Form::elements ? "Gram + Cholesky + W" : "primal";
}

std::string explain(Form form, const Workload& work) {
  const Cost cost = cost_of(form, work);
  char text[160];
  (void)std::snprintf(text, sizeof text, "%s: %.3g flops to set up, %.3g a product (%.3g bytes)", name_of(form),
                      cost.setup_flops, cost.product_flops, cost.product_bytes);
  return text;
}

} // namespace linnet::mfac
