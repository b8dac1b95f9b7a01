#pragma once

#include <cstdlib>
#include <string>

namespace linnet::test {

/// Whether oneDNN multiplies bf16: it needs AVX-512, which ONEDNN_MAX_CPU_ISA may take away.
inline bool has_bf16() {
  const char* const most = std::getenv("ONEDNN_MAX_CPU_ISA");
  const std::string isa = most ? most : "";
  return __builtin_cpu_supports("avx512bw") &&
         (isa.empty() || isa == "ALL" || isa == "DEFAULT" || isa.starts_with("AVX512_CORE"));
}

} // namespace linnet::test
