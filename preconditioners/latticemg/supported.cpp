#include "latticemg/kernels.hpp"

namespace linnet::latticemg {

#if defined(LINNET_X86)
const Kernels* const* supported_kernels() {
  static const Kernels* const all[] = {&avx512::kernels, &avx2::kernels, &baseline::kernels, nullptr};
  static const bool has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                                 __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
  static const bool has_avx2 = __builtin_cpu_supports("avx2");
  return all + (has_avx512 ? 0 : has_avx2 ? 1 : 2);
}
#else
const Kernels* const* supported_kernels() {
  static const Kernels* const all[] = {&baseline::kernels, nullptr};
  return all;
}
#endif

} // namespace linnet::latticemg
