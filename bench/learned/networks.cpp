// One application of networks on a grid of 64 cells along each axis (256 in two dimensions), on oneDNN.
//
//   build/bench/networks hybrid3d pruned.safetensors [flags of Google Benchmark]
//
// Models by name or file, each in f32 and bf16. Counter: flops of its convolutions a second. OMP_NUM_THREADS sets the
// threads.
#include "learned/network.hpp"
#include "learned/shipped.hpp"

#include <benchmark/benchmark.h>

#include <cstdlib>

using namespace linnet::learned;

namespace {

void apply(benchmark::State& state, const std::string& name, Precision precision) {
  const Model model = find_model(name);
  const bool flat = model.architecture.dimension == 2;
  const Grid grid = flat ? Grid{256, 256, 1} : Grid{64, 64, 64};
  const Graph graph = instantiate(model.architecture, grid);
  const char* threads = std::getenv("OMP_NUM_THREADS");
  const auto network = make_onednn_network(graph, model.tensors, precision,
                                           threads ? static_cast<int>(std::strtol(threads, nullptr, 10)) : 1);
  const std::size_t cells = cells_of(grid);
  const std::vector<float> fields(cells * static_cast<std::size_t>(model.architecture.operator_channels), 1.0F);
  std::vector<float> r(cells, 0.5F), e(cells);
  network->set_operator(fields.data());
  for (auto _ : state)
    network->apply(r.data(), e.data());
  state.counters["flop/s"] = benchmark::Counter(graph.flops(false), benchmark::Counter::kIsIterationInvariantRate);
}

} // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  for (int i = 1; i < argc; ++i)
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      const std::string name = argv[i];
      benchmark::RegisterBenchmark((name + (precision == Precision::f32 ? "/f32" : "/bf16")).c_str(),
                                   [=](benchmark::State& state) { apply(state, name, precision); })
          ->UseRealTime()
          ->Unit(benchmark::kMillisecond);
    }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
