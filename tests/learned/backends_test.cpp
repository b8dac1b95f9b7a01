// oneDNN's results against the reference's, layer by layer and for whole networks, on odd shapes.
#include "base/error.hpp"
#include "learned/architectures.hpp"
#include "learned/network.hpp"
#include "learned/slabs.hpp"
#include "learned/transpose.hpp"
#include "support/bf16.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <cmath>
#include <cstdlib>
#include <new>
#include <random>
#include <thread>

namespace {
std::atomic<std::size_t> largest_allocation{0};
}

// Not inlined: gcc would see free() where it expects operator delete.
[[gnu::noinline]] void* operator new(std::size_t size) {
  std::size_t before = largest_allocation;
  while (before < size && !largest_allocation.compare_exchange_weak(before, size))
    continue;
  if (void* const p = std::malloc(size == 0 ? 1 : size))
    return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
  operator delete(p);
}

namespace {

using namespace linnet::learned;

std::vector<float> uniform(std::size_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::vector<float> values(count);
  for (float& v : values)
    v = static_cast<float>(engine() >> 8) * 0x1p-23F - 1;
  return values;
}

// ||a - b|| / ||b||
double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += (static_cast<double>(a[i]) - b[i]) * (static_cast<double>(a[i]) - b[i]);
    size += static_cast<double>(b[i]) * b[i];
  }
  return std::sqrt(difference / size);
}

std::vector<float> run(Network* network, const Graph& graph, unsigned seed) {
  const std::size_t cells = cells_of(graph.node(0).grid);
  if (graph.operator_fields >= 0) {
    const auto channels = static_cast<std::size_t>(graph.node(graph.operator_fields).channels);
    network->set_operator(uniform(cells * channels, seed + 100).data());
  } else {
    network->set_operator(nullptr);
  }
  std::vector<float> e(cells);
  network->apply(uniform(cells, seed).data(), e.data());
  return e;
}

// Weights and biases that are all random.
Tensors random_tensors(const Architecture& architecture) {
  Tensors tensors = make_model(architecture, 5).tensors;
  for (auto& [name, tensor] : tensors)
    if (name.ends_with(".bias") && name.find("gate") == std::string::npos)
      tensor.values = uniform(tensor.values.size(), 77);
  return tensors;
}

void expect_same(const Architecture& architecture, const Grid& grid) {
  const Graph graph = instantiate(architecture, grid);
  const Tensors tensors = random_tensors(architecture);
  const std::vector<float> expected = run(make_reference_network(graph, tensors).get(), graph, 1);
  for (const int threads : {1, 2}) {
    const auto f32 = make_onednn_network(graph, tensors, Precision::f32, threads);
    EXPECT_LE(distance(run(f32.get(), graph, 1), expected), 1e-5) << grid[0] << " " << grid[1] << " " << grid[2];
  }
  if (!linnet::test::has_bf16()) {
    EXPECT_THROW(make_onednn_network(graph, tensors, Precision::bf16, 1), linnet::InputError);
    return;
  }
  const auto bf16 = make_onednn_network(graph, tensors, Precision::bf16, 1);
  EXPECT_LE(distance(run(bf16.get(), graph, 1), expected), 2e-2) << grid[0] << " " << grid[1] << " " << grid[2];
}

// 20 shapes, most with odd extents; of no single cell, whose one number may be small by cancellation.
std::vector<Grid> shapes(int dimension) {
  if (dimension == 2)
    return {{4, 1, 1},  {2, 1, 1},  {1, 5, 1},   {3, 3, 1},   {5, 4, 1},   {7, 9, 1},  {8, 8, 1},
            {11, 2, 1}, {13, 6, 1}, {15, 17, 1}, {16, 31, 1}, {19, 1, 1},  {21, 5, 1}, {1, 23, 1},
            {25, 7, 1}, {27, 3, 1}, {29, 12, 1}, {33, 17, 1}, {37, 10, 1}, {41, 9, 1}};
  return {{1, 4, 1},  {2, 1, 3},    {1, 5, 1},  {3, 3, 3},  {5, 4, 3},   {7, 9, 2},  {8, 8, 8},
          {11, 2, 5}, {13, 6, 7},   {15, 1, 9}, {9, 9, 9},  {3, 1, 17},  {5, 21, 3}, {1, 1, 23},
          {4, 7, 13}, {12, 11, 10}, {17, 3, 6}, {6, 19, 4}, {10, 5, 15}, {16, 7, 5}};
}

std::string layer_network(int dimension, const std::string& layers) {
  return R"({"name":"one","dimension":)" + std::to_string(dimension) +
         R"(,"sweeps":0,"operator_channels":2,"blocks":{"main":{"in":["r","a"],"out":"e","layers":[)" + layers + "]}}}";
}

// Layers around the one that is looked at: the residual becomes 5 channels x, the operator a gate g for them, and the
// result y is summed into one channel.
std::string around(const std::string& layer) {
  return R"({"op":"convolution","out":"x","in":["r"],"weight":"first","kernel":1,"channels":5,"bias":true},)"
         R"({"op":"convolution","out":"g","in":["a"],"weight":"second","kernel":1,"channels":5,"bias":true},)" +
         layer + R"(,{"op":"convolution","out":"e","in":["y"],"weight":"last","kernel":1,"channels":1})";
}

const std::vector<std::pair<const char*, std::string>>& layers() {
  static const std::vector<std::pair<const char*, std::string>> list = {
      {"convolution", R"({"op":"convolution","out":"y","in":["x"],"weight":"w","kernel":3,"channels":17,"bias":true})"},
      {"fused", R"({"op":"convolution","out":"t","in":["x"],"weight":"w","kernel":3,"channels":5},)"
                R"({"op":"relu","out":"u","in":["t"],"slope":0.1},{"op":"gate","out":"v","in":["u","g"]},)"
                R"({"op":"add","out":"y","in":["x","v"]})"},
      {"gate", R"({"op":"relu","out":"h","in":["x"],"slope":0},{"op":"gate","out":"t","in":["h","g"]},)"
               R"({"op":"add","out":"y","in":["t","h"]})"},
      {"strided", R"({"op":"convolution","out":"t","in":["x"],"weight":"w","kernel":2,"channels":6},)"
                  R"({"op":"upsample","out":"y","in":["t","x"]})"},
      {"pool", R"({"op":"pool","out":"t","in":["x"]},{"op":"upsample","out":"u","in":["t","x"]},)"
               R"({"op":"add","out":"y","in":["u","x"]})"},
      {"space to depth", R"({"op":"space_to_depth","out":"t","in":["x"],"factor":2},)"
                         R"({"op":"relu","out":"v","in":["t"],"slope":0.5},)"
                         R"({"op":"depth_to_space","out":"u","in":["v","x"],"factor":2},)"
                         R"({"op":"gate","out":"z","in":["u","g"]},{"op":"add","out":"y","in":["z","x"]})"},
      {"by 4", R"({"op":"space_to_depth","out":"t","in":["r"],"factor":4},)"
               R"({"op":"depth_to_space","out":"u","in":["t","x"],"factor":4},{"op":"add","out":"y","in":["u","r"]})"}};
  return list;
}

TEST(OneDnn, DoesEachLayerAsTheReferenceDoes) {
  for (const int dimension : {2, 3})
    for (const auto& [name, layer] : layers()) {
      const Architecture one = parse_architecture(layer_network(dimension, around(layer)), name);
      for (const Grid& grid : shapes(dimension)) {
        SCOPED_TRACE(name);
        expect_same(one, grid);
      }
    }
}

TEST(OneDnn, DoesWholeNetworksAsTheReferenceDoes) {
  for (const int dimension : {2, 3}) {
    for (const Grid& grid : shapes(dimension))
      expect_same(hybrid_architecture(dimension, {16, 8, 4, 1, 1}), grid);
    for (const int size : {64, 128})
      expect_same(dcdm_architecture(size, dimension), {9, 6, dimension == 3 ? 5 : 1});
  }
  expect_same(hybrid_architecture(3), {13, 12, 11});
}

TEST(OneDnn, GivesTheSameBitsAgainAndAllocatesNoFieldForIt) {
  const Architecture architecture = hybrid_architecture(3);
  const Graph graph = instantiate(architecture, {40, 40, 40});
  const auto network = make_onednn_network(graph, random_tensors(architecture), Precision::automatic, 2);
  const std::vector<float> first = run(network.get(), graph, 1), r = uniform(first.size(), 1);
  std::vector<float> again(first.size());
  largest_allocation = 0;
  network->apply(r.data(), again.data());
  EXPECT_EQ(again, first);
  // What oneDNN makes for the arguments of a call; the smallest field has 128 bytes, the largest 512 KB.
  EXPECT_LE(largest_allocation.load(), 2048U);
}

TEST(OneDnn, FollowsANewOperator) {
  const Architecture architecture = hybrid_architecture(2);
  const Graph graph = instantiate(architecture, {24, 24, 1});
  const Tensors tensors = random_tensors(architecture);
  const auto network = make_onednn_network(graph, tensors, Precision::f32, 1);
  const auto fresh = make_onednn_network(graph, tensors, Precision::f32, 1);
  const std::vector<float> first = run(network.get(), graph, 1), second = run(network.get(), graph, 2);
  EXPECT_NE(first, second);
  EXPECT_EQ(second, run(fresh.get(), graph, 2));
}

// f(2 r) = 2 f(r), f(r + s) = f(r) + f(s): to rounding, and exactly 0 for 0.
TEST(Hybrid, IsLinearInTheResidual) {
  const Architecture architecture = hybrid_architecture(3);
  const Graph graph = instantiate(architecture, {17, 12, 9});
  const auto network = make_reference_network(graph, make_model(architecture, 4).tensors);
  const std::size_t n = cells_of(graph.node(0).grid);
  network->set_operator(uniform(5 * n, 9).data());
  const std::vector<float> r = uniform(n, 1), s = uniform(n, 2);
  std::vector<float> sum(n), fr(n), fs(n), fsum(n), expected(n);
  for (std::size_t i = 0; i < n; ++i)
    sum[i] = 2 * r[i] + s[i];
  network->apply(r.data(), fr.data());
  network->apply(s.data(), fs.data());
  network->apply(sum.data(), fsum.data());
  for (std::size_t i = 0; i < n; ++i)
    expected[i] = 2 * fr[i] + fs[i];
  EXPECT_LE(distance(fsum, expected), 1e-5);
  network->apply(std::vector<float>(n, 0.0F).data(), fr.data());
  EXPECT_EQ(fr, std::vector<float>(n, 0.0F));
}

// (N x) . y = x . (N^T y), by the reference; and oneDNN's N^T is the reference's.
void expect_transpose(const Architecture& architecture, const Grid& grid) {
  SCOPED_TRACE(std::to_string(grid[0]) + " x " + std::to_string(grid[1]) + " x " + std::to_string(grid[2]));
  const Graph graph = instantiate(architecture, grid);
  const Tensors tensors = make_model(architecture, 5).tensors;
  const auto [turned, turned_tensors] = transpose(graph, tensors);
  const auto forward = make_reference_network(graph, tensors),
             backward = make_reference_network(turned, turned_tensors);
  const std::vector<float> fields = uniform(5 * cells_of(grid), 7), x = uniform(cells_of(grid), 1),
                           y = uniform(cells_of(grid), 2);
  std::vector<float> Nx(x.size()), Ty(x.size()), other(x.size());
  forward->set_operator(fields.data());
  forward->apply(x.data(), Nx.data());
  backward->set_operator(fields.data());
  backward->apply(y.data(), Ty.data());
  double one = 0, two = 0, size = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    one += static_cast<double>(Nx[i]) * y[i];
    two += static_cast<double>(x[i]) * Ty[i];
    size += std::abs(static_cast<double>(Nx[i]) * y[i]);
  }
  EXPECT_NEAR(one, two, 1e-5 * size);
  const auto onednn = make_onednn_network(turned, turned_tensors, Precision::f32, 2);
  onednn->set_operator(fields.data());
  onednn->apply(y.data(), other.data());
  EXPECT_LE(distance(other, Ty), 1e-5);
}

TEST(Transpose, IsTheAdjointOfNetworksThatAreLinear) {
  const Architecture pooled = parse_architecture(
      R"({"name":"pooled","dimension":3,"sweeps":0,"operator_channels":5,"blocks":{"main":{"in":["r","a"],"out":"e",)"
      R"("layers":[{"op":"convolution","out":"x","in":["r"],"weight":"w","kernel":3,"channels":5},)"
      R"({"op":"gate","out":"g","in":["x","a"]},{"op":"pool","out":"p","in":["g"]},)"
      R"({"op":"convolution","out":"c","in":["p"],"weight":"v","kernel":2,"channels":7},)"
      R"({"op":"upsample","out":"u","in":["c","p"]},{"op":"convolution","out":"d","in":["u"],"weight":"z","kernel":1,)"
      R"("channels":5},{"op":"add","out":"s","in":["d","p"]},{"op":"upsample","out":"t","in":["s","x"]},)"
      R"({"op":"add","out":"q","in":["t","x"]},)"
      R"({"op":"convolution","out":"e","in":["q"],"weight":"l","kernel":1,"channels":1}]}}})",
      "pooled");
  for (const Grid& grid : {Grid{5, 4, 3}, Grid{13, 6, 7}, Grid{4, 7, 13}}) {
    expect_transpose(hybrid_architecture(3, {16, 8, 4, 1, 1}), grid);
    expect_transpose(pooled, grid);
  }
  expect_transpose(hybrid_architecture(2, {16, 8, 4, 1, 1}), {15, 17, 1});
}

TEST(Transpose, IsRefusedToOthers) {
  const Architecture paper = dcdm_architecture(64, 3);
  EXPECT_THROW(transpose(instantiate(paper, {8, 8, 8}), make_model(paper, 1).tensors), linnet::InputError);
}

// Ranks that are threads of this program.
struct Threads {
  explicit Threads(int count) : barrier(count), posted(static_cast<std::size_t>(count)) {}
  std::barrier<> barrier;
  std::vector<std::vector<std::byte>> posted; // by rank
};

class ThreadExchange : public Exchange {
public:
  ThreadExchange(Threads* threads, int rank) : threads_(*threads), rank_(static_cast<std::size_t>(rank)) {}
  void refresh(std::byte* field, std::size_t plane, int first, int last) override {
    std::byte* const own = field + plane * static_cast<std::size_t>(first);
    std::byte* const end = field + plane * static_cast<std::size_t>(last);
    std::vector<std::byte>& post = threads_.posted[rank_];
    post.assign(own, own + plane);
    post.insert(post.end(), end - plane, end);
    threads_.barrier.arrive_and_wait();
    if (rank_ > 0)
      std::copy_n(threads_.posted[rank_ - 1].data() + plane, plane, own - plane);
    if (rank_ + 1 < threads_.posted.size())
      std::copy_n(threads_.posted[rank_ + 1].data(), plane, end);
    threads_.barrier.arrive_and_wait();
  }
  void gather(std::byte* field, std::size_t plane, const std::vector<int>& first) override {
    const auto place = [&](std::size_t s) { return plane * static_cast<std::size_t>(first[s]); };
    threads_.posted[rank_].assign(field + place(rank_), field + place(rank_ + 1));
    threads_.barrier.arrive_and_wait();
    for (std::size_t s = 0; s < threads_.posted.size(); ++s)
      std::copy(threads_.posted[s].begin(), threads_.posted[s].end(), field + place(s));
    threads_.barrier.arrive_and_wait();
  }

private:
  Threads& threads_;
  std::size_t rank_;
};

// What slabs compute together.
std::vector<float> run_on_slabs(const Graph& graph, const Tensors& tensors, bool onednn, std::size_t least_cells,
                                const std::vector<int>& first) {
  const std::size_t plane = graph.plane_of(graph.node(0));
  const std::vector<float> fields = uniform(5 * cells_of(graph.node(0).grid), 101), r = uniform(fields.size() / 5, 1);
  std::vector<float> e(r.size());
  Threads all(static_cast<int>(first.size()) - 1);
  std::vector<std::thread> ranks;
  for (int s = 0; s + 1 < static_cast<int>(first.size()); ++s)
    ranks.emplace_back([&, s] {
      const auto begin = plane * static_cast<std::size_t>(first[static_cast<std::size_t>(s)]),
                 end = plane * static_cast<std::size_t>(first[static_cast<std::size_t>(s) + 1]);
      SlabWindow window{};
      const Graph part = slabs(graph, first, s, &window, least_cells);
      ThreadExchange exchange(&all, s);
      const auto network = onednn ? make_onednn_network(part, tensors, Precision::f32, 1, &exchange)
                                  : make_reference_network(part, tensors, &exchange);
      // Zeros around the slab.
      const auto around = plane * static_cast<std::size_t>(window.first);
      std::vector<float> own_r(plane * static_cast<std::size_t>(window.last - window.first)), own_e(own_r.size()),
          own_fields(5 * own_r.size());
      std::copy(r.begin() + static_cast<std::ptrdiff_t>(begin), r.begin() + static_cast<std::ptrdiff_t>(end),
                own_r.begin() + static_cast<std::ptrdiff_t>(begin - around));
      std::copy(fields.begin() + static_cast<std::ptrdiff_t>(5 * begin),
                fields.begin() + static_cast<std::ptrdiff_t>(5 * end),
                own_fields.begin() + static_cast<std::ptrdiff_t>(5 * (begin - around)));
      network->set_operator(own_fields.data());
      network->apply(own_r.data(), own_e.data());
      std::copy_n(own_e.begin() + static_cast<std::ptrdiff_t>(begin - around), end - begin,
                  e.begin() + static_cast<std::ptrdiff_t>(begin));
    });
  for (std::thread& rank : ranks)
    rank.join();
  return e;
}

TEST(Slabs, TogetherAreTheWholeNetwork) {
  const Architecture hybrid = hybrid_architecture(3, {16, 8, 4, 1, 1}), flat = hybrid_architecture(2, {16, 8, 4, 1, 1});
  const Graph graph = instantiate(hybrid, {13, 10, 75}), plane = instantiate(flat, {21, 90, 1}),
              paper = instantiate(dcdm_architecture(64, 3), {7, 6, 21});
  const auto expect_whole = [](const Graph& whole, const Tensors& tensors, std::size_t least_cells, int unit,
                               const std::vector<int>& first) {
    EXPECT_EQ(slab_unit(whole, least_cells), unit);
    const std::vector<float> expected = run(make_reference_network(whole, tensors).get(), whole, 1);
    EXPECT_EQ(run_on_slabs(whole, tensors, false, least_cells, first), expected); // to the bit
    EXPECT_LE(distance(run_on_slabs(whole, tensors, true, least_cells, first), expected), 1e-5);
  };
  const Tensors tensors = random_tensors(hybrid), flat_tensors = random_tensors(flat);
  expect_whole(graph, tensors, 1000, 4, {0, 8, 12, 75}); // the finest grid alone
  expect_whole(graph, tensors, 200, 8, {0, 8, 40, 75});  // the one of 4 x 3 x 19 cells too
  expect_whole(graph, tensors, 30, 16, {0, 32, 48, 75}); // and that of 2 x 2 x 10
  expect_whole(plane, flat_tensors, 100, 8, {0, 16, 56, 90});
  const auto [turned, turned_tensors] = transpose(graph, tensors);
  expect_whole(turned, turned_tensors, 200, 8, {0, 24, 64, 75});
  expect_whole(paper, random_tensors(dcdm_architecture(64, 3)), 200, 2, {0, 4, 10, 21});
}

} // namespace
