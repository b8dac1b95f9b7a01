// The convolutions of an application of a shipped network, beside what the machine gives for their shapes.
//
//   build/bench/layers [hybrid3d] [flags of Google Benchmark]
//
// hybrid3d/64/2/fine.before_0: on 64 cells along each axis and 2 threads, fused as in the network, in bf16 where the
// processor multiplies it. Counters: `flop_ms`, its time at the rate of a matrix product of the same work on as many
// channels (oneDNN, in cache); `memory_ms`, what reading and writing as many bytes takes in arrays of that size;
// `ratio`, its time by the larger of both; `number`, how often the network has this shape. `application`: the whole
// network; `ratio` is by the sum of the convolutions' ceilings, `convolutions` the part that their times are of it.
#include "base/buffer.hpp"
#include "learned/network.hpp"
#include "learned/onednn_convolution.hpp"
#include "learned/plan.hpp"
#include "learned/shipped.hpp"

#include <benchmark/benchmark.h>
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>
#include <memory>

using namespace linnet;
using namespace linnet::learned;

namespace {

bool in_bf16() {
  constexpr auto bf16 = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_bf16);
  return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & bf16) == bf16;
}

// The least of several times, each of at least a few milliseconds, in seconds.
template <class Work>
double least_time(Work&& work) {
  using Clock = std::chrono::steady_clock;
  work();
  double least = 1e30;
  for (int sample = 0; sample < 5; ++sample) {
    const auto start = Clock::now();
    int runs = 0;
    double elapsed = 0;
    do {
      work();
      ++runs;
      elapsed = std::chrono::duration<double>(Clock::now() - start).count();
    } while (elapsed < 4e-3);
    least = std::min(least, elapsed / runs);
  }
  return least;
}

// Multiplications and additions a second of {rows x inner} times {inner x columns}.
double product_rate(int inner, int columns) {
  using dnnl::memory;
  constexpr int rows = 512;
  const auto type = in_bf16() ? memory::data_type::bf16 : memory::data_type::f32;
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  const memory::desc a({rows, inner}, type, memory::format_tag::ab), c({rows, columns}, type, memory::format_tag::ab);
  const memory::desc b({inner, columns}, type, memory::format_tag::any);
  const dnnl::matmul::primitive_desc chosen(dnnl::matmul::desc(a, b, c), engine);
  const dnnl::matmul product(chosen);
  memory left(a, engine), right(chosen.weights_desc(), engine), out(c, engine);
  for (const memory& m : {left, right})
    std::memset(m.get_data_handle(), 0, m.get_desc().get_size());
  const double seconds = least_time([&] {
    product.execute(stream, {{DNNL_ARG_SRC, left}, {DNNL_ARG_WEIGHTS, right}, {DNNL_ARG_DST, out}});
    stream.wait();
  });
  return 2.0 * rows * inner * columns / seconds;
}

// Reads `in` bytes and writes `out` ones.
double memory_time(std::size_t in, std::size_t out, int threads) {
  Buffer<std::uint64_t> from, to;
  from.resize(in / 8);
  to.resize(out / 8);
  std::fill(from.begin(), from.end(), 1);
  std::fill(to.begin(), to.end(), 1);
  return least_time([&] {
    std::uint64_t sum = 0;
#pragma omp parallel num_threads(threads)
    {
#pragma omp for reduction(+ : sum) schedule(static) nowait
      for (std::size_t i = 0; i < from.size(); ++i)
        sum += from[i];
#pragma omp for schedule(static)
      for (std::size_t i = 0; i < to.size(); ++i)
        to[i] = i;
    }
    benchmark::DoNotOptimize(sum);
  });
}

struct Shape {
  Step step;
  int number = 1;
};

// Those of an application that differ.
std::vector<Shape> shapes_of(const Graph& graph, const Plan& plan) {
  std::vector<Shape> shapes;
  for (const Step& step : plan.apply) {
    const Node& n = graph.node(step.first);
    if (n.op != Op::convolution)
      continue;
    const auto same = std::find_if(shapes.begin(), shapes.end(), [&](const Shape& s) {
      const Node& m = graph.node(s.step.first);
      return m.grid == n.grid && m.channels == n.channels && m.kernel == n.kernel &&
             graph.node(m.in[0]).channels == graph.node(n.in[0]).channels && (s.step.gate < 0) == (step.gate < 0) &&
             (s.step.add < 0) == (step.add < 0);
    });
    if (same == shapes.end())
      shapes.push_back({step});
    else
      ++same->number;
  }
  return shapes;
}

struct Sums {
  double ceilings = 0, times = 0; // seconds, over the convolutions of an application
};

void convolve(benchmark::State& state, const Model& model, const Graph& graph, const Shape& shape, int threads,
              Sums* sums) {
  const Node& node = graph.node(shape.step.first);
  threads = threads_for(graph, node, threads);
  omp_set_num_threads(threads);
  const std::size_t width = in_bf16() ? 2 : 4;
  const auto bytes_of = [&](const Node& n) { return width * cells_of(n.grid) * static_cast<std::size_t>(n.channels); };
  const std::size_t in = bytes_of(graph.node(node.in[0])), out = bytes_of(node);
  std::array<Buffer<std::byte>, 4> fields;
  for (std::size_t f = 0; f < fields.size(); ++f) {
    fields[f].resize(f == 0 ? in : out);
    std::memset(fields[f].data(), 0, fields[f].size());
  }
  std::vector<OneDnnConvolution::Fused> fused;
  if (shape.step.gate >= 0)
    fused.push_back({Op::gate, 0, fields[2].data()});
  if (shape.step.add >= 0)
    fused.push_back({Op::add, 0, fields[3].data()});
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  const dnnl::stream stream(engine);
  OneDnnConvolution convolution(engine, graph, node, model.tensors,
                                in_bf16() ? dnnl::memory::data_type::bf16 : dnnl::memory::data_type::f32,
                                fields[0].data(), fields[1].data(), fused);
  Buffer<std::byte> scratch;
  scratch.resize(convolution.scratchpad_bytes());

  const int inner = static_cast<int>(cells_of(graph.window(node.kernel))) * graph.node(node.in[0]).channels;
  const double flops = 2.0 * inner * node.channels * static_cast<double>(cells_of(node.grid));
  const double flop_time = flops / product_rate(inner, node.channels);
  const double traffic_time =
      memory_time(in + fused.size() * out + width * static_cast<std::size_t>(inner * node.channels), out, threads);
  const double time = least_time([&] { convolution.run(stream, scratch.data()); });
  for (auto _ : state)
    convolution.run(stream, scratch.data());
  const double ceiling = std::max(flop_time, traffic_time);
  state.counters["flop_ms"] = 1e3 * flop_time;
  state.counters["memory_ms"] = 1e3 * traffic_time;
  state.counters["ratio"] = time / ceiling;
  state.counters["number"] = shape.number;
  state.counters["GF/s"] = 1e-9 * flops / time;
  state.SetLabel(convolution.implementation());
  sums->ceilings += shape.number * ceiling;
  sums->times += shape.number * time;
}

void apply(benchmark::State& state, const Model& model, const Graph& graph, int threads, const Sums* sums) {
  const auto network = make_onednn_network(graph, model.tensors, Precision::automatic, threads);
  const std::size_t cells = cells_of(graph.node(0).grid);
  const std::vector<float> fields(cells * static_cast<std::size_t>(model.architecture.operator_channels), 1.0F);
  std::vector<float> r(cells, 0.5F), e(cells);
  network->set_operator(fields.data());
  const double time = least_time([&] { network->apply(r.data(), e.data()); });
  for (auto _ : state)
    network->apply(r.data(), e.data());
  state.counters["ratio"] = time / sums->ceilings;
  state.counters["convolutions"] = sums->times / time;
  state.counters["GF/s"] = 1e-9 * graph.flops(false) / time;
}

} // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  const std::string name = argc > 1 ? argv[1] : "hybrid3d";
  const Model model = find_model(name);
  std::vector<std::unique_ptr<Sums>> all;
  for (const int cells : {64, 128})
    for (const int threads : {1, 2}) {
      const auto graph = std::make_shared<Graph>(
          instantiate(model.architecture, Grid{cells, cells, model.architecture.dimension == 3 ? cells : 1}));
      Sums* const sums = all.emplace_back(std::make_unique<Sums>()).get();
      const std::string prefix = name + "/" + std::to_string(cells) + "/" + std::to_string(threads) + "/";
      const auto add = [&](const std::string& what, const std::function<void(benchmark::State&)>& run) {
        // Once: the ceilings are measured with each.
        benchmark::RegisterBenchmark((prefix + what).c_str(), run)
            ->Iterations(20)
            ->UseRealTime()
            ->Unit(benchmark::kMillisecond);
      };
      for (const Shape& shape : shapes_of(*graph, make_plan(*graph, in_bf16() ? 2 : 4, true)))
        add(graph->node(shape.step.first).weight + "/" + std::to_string(graph->node(shape.step.first).grid[0]),
            [&model, graph, shape, threads, sums](benchmark::State& state) {
              convolve(state, model, *graph, shape, threads, sums);
            });
      add("application",
          [&model, graph, threads, sums](benchmark::State& state) { apply(state, model, *graph, threads, sums); });
    }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
