// libFuzzer target: PETSc binary files.
#include "fuzz/properties.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  linnet::fuzz::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
