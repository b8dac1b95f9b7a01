// What oneDNN has no primitive for: transfers between grids, and what is done at each number.
#include "learned/onednn_kernels.hpp"

#include <algorithm>

namespace linnet::learned {

namespace {

std::ptrdiff_t cell(const Grid& grid, int x, int y, int z) {
  return x + static_cast<std::ptrdiff_t>(grid[0]) * (y + static_cast<std::ptrdiff_t>(grid[1]) * z);
}

template <class T>
float finish(float v, const Epilogue<T>& epilogue, std::ptrdiff_t at) {
  if (epilogue.relu)
    v = v > 0 ? v : epilogue.slope * v;
  if (epilogue.gate)
    v *= widen(epilogue.gate[at]);
  if (epilogue.other)
    v += widen(epilogue.other[at]);
  return v;
}

} // namespace

template <class From, class T>
void space_to_depth(const Grid& fine, int channels, const Grid& window, const From* from, const Grid& coarse, T* to) {
  const int taps = window[0] * window[1] * window[2];
#pragma omp for collapse(2) schedule(static)
  for (int z = 0; z < coarse[2]; ++z)
    for (int y = 0; y < coarse[1]; ++y)
      for (int tz = 0; tz < window[2]; ++tz)
        for (int ty = 0; ty < window[1]; ++ty) {
          const int fy = y * window[1] + ty, fz = z * window[2] + tz;
          const bool within = fy < fine[1] && fz < fine[2];
          const int run = window[0] * channels, first = (ty + window[1] * tz) * run;
          const From* line = within ? from + cell(fine, 0, fy, fz) * channels : nullptr;
          const int held = within ? fine[0] * channels : 0;
          for (int x = 0; x < coarse[0]; ++x) {
            T* out = to + cell(coarse, x, y, z) * taps * channels + first;
            for (int i = 0; i < run; ++i)
              out[i] = narrow<T>(x * run + i < held ? widen(line[x * run + i]) : 0.0F);
          }
        }
}

template <class T, class To>
void depth_to_space(const Grid& fine, int channels, const Grid& window, const T* from, const Grid& coarse,
                    const Epilogue<T>& epilogue, To* to) {
  const int taps = window[0] * window[1] * window[2];
#pragma omp for collapse(2) schedule(static)
  for (int z = 0; z < fine[2]; ++z)
    for (int y = 0; y < fine[1]; ++y) {
      const int run = window[0] * channels, first = (y % window[1] + window[1] * (z % window[2])) * run;
      const std::ptrdiff_t line = cell(fine, 0, y, z) * channels;
      const T* in = from + cell(coarse, 0, y / window[1], z / window[2]) * taps * channels + first;
      const int length = fine[0] * channels;
      for (int x = 0; x < coarse[0]; ++x, in += static_cast<std::ptrdiff_t>(taps) * channels)
        for (int i = x * run; i < std::min(length, (x + 1) * run); ++i)
          to[line + i] = narrow<To>(finish(widen(in[i - x * run]), epilogue, line + i));
    }
}

template <class T>
void pool(const Grid& fine, int channels, const Grid& window, const T* from, const Grid& coarse, T* to) {
  const float part = 1.0F / static_cast<float>(window[0] * window[1] * window[2]);
#pragma omp for collapse(2) schedule(static)
  for (int z = 0; z < coarse[2]; ++z)
    for (int y = 0; y < coarse[1]; ++y)
      for (int x = 0; x < coarse[0]; ++x)
        for (int c = 0; c < channels; ++c) {
          float sum = 0;
          for (int fz = z * window[2]; fz < std::min(fine[2], (z + 1) * window[2]); ++fz)
            for (int fy = y * window[1]; fy < std::min(fine[1], (y + 1) * window[1]); ++fy)
              for (int fx = x * window[0]; fx < std::min(fine[0], (x + 1) * window[0]); ++fx)
                sum += widen(from[cell(fine, fx, fy, fz) * channels + c]);
          to[cell(coarse, x, y, z) * channels + c] = narrow<T>(part * sum);
        }
}

template <class T>
void upsample(const Grid& fine, int channels, const Grid& window, const T* from, const Grid& coarse,
              const Epilogue<T>& epilogue, T* to) {
#pragma omp for collapse(2) schedule(static)
  for (int z = 0; z < fine[2]; ++z)
    for (int y = 0; y < fine[1]; ++y)
      for (int x = 0; x < fine[0]; ++x) {
        const std::ptrdiff_t out = cell(fine, x, y, z) * channels;
        const T* in = from + cell(coarse, x / window[0], y / window[1], z / window[2]) * channels;
        for (int c = 0; c < channels; ++c)
          to[out + c] = narrow<T>(finish(widen(in[c]), epilogue, out + c));
      }
}

template <class From, class T, class To>
void pointwise(std::size_t count, const From* from, const Epilogue<T>& epilogue, To* to) {
  const auto n = static_cast<std::ptrdiff_t>(count);
#pragma omp for schedule(static)
  for (std::ptrdiff_t i = 0; i < n; ++i)
    to[i] = narrow<To>(finish(widen(from[i]), epilogue, i));
}

// NOLINTBEGIN(bugprone-macro-parentheses): T is a type
#define LINNET_INSTANTIATE(T)                                                                                          \
  template void space_to_depth(const Grid&, int, const Grid&, const T*, const Grid&, T*);                              \
  template void depth_to_space(const Grid&, int, const Grid&, const T*, const Grid&, const Epilogue<T>&, T*);          \
  template void pool(const Grid&, int, const Grid&, const T*, const Grid&, T*);                                        \
  template void upsample(const Grid&, int, const Grid&, const T*, const Grid&, const Epilogue<T>&, T*);                \
  template void pointwise(std::size_t, const T*, const Epilogue<T>&, T*);
LINNET_INSTANTIATE(float)
LINNET_INSTANTIATE(Bf16)
#undef LINNET_INSTANTIATE
// NOLINTEND(bugprone-macro-parentheses)
template void space_to_depth(const Grid&, int, const Grid&, const float*, const Grid&, Bf16*);
template void depth_to_space(const Grid&, int, const Grid&, const Bf16*, const Grid&, const Epilogue<Bf16>&, float*);
template void pointwise(std::size_t, const float*, const Epilogue<Bf16>&, Bf16*);
template void pointwise(std::size_t, const Bf16*, const Epilogue<Bf16>&, float*);

} // namespace linnet::learned
