#include "instruction_sets.hpp"

#include <hwy/targets.h>

#include <cstdlib>
#include <string_view>

void linnet::limit_instruction_sets() {
  const char* const most = std::getenv("ONEDNN_MAX_CPU_ISA");
  const std::string_view isa = most ? most : "";
  // Of Highway's bits a lower one is a better set.
  if (isa.starts_with("AVX2"))
    hwy::DisableTargets(HWY_AVX2 - 1);
  else if (isa == "AVX" || isa == "SSE41")
    hwy::DisableTargets(HWY_SSE4 - 1);
}
