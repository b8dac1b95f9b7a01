// The oneDNN backend: steps over fields that lie in two blocks of memory.
#include "base/buffer.hpp"
#include "base/error.hpp"
#include "learned/onednn_convolution.hpp"
#include "learned/onednn_kernels.hpp"
#include "learned/plan.hpp"

#include <omp.h>

#include <algorithm>
#include <cstring>
#include <functional>

namespace linnet::learned {

namespace {

bool has_isa(dnnl::cpu_isa isa) {
  const auto bits = static_cast<unsigned>(isa);
  return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & bits) == bits;
}

// The convolutions of oneDNN 2.6 for SSE4.1 and AVX give other numbers where they do more in their pass.
bool fuses_rightly() {
  return has_isa(dnnl::cpu_isa::avx2);
}

// oneDNN asks OpenMP for the number of threads, when it makes a primitive and when it runs one.
class ThreadCount {
public:
  explicit ThreadCount(int threads) : before_(omp_get_max_threads()) { omp_set_num_threads(threads); }
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;
  ~ThreadCount() { omp_set_num_threads(before_); }

private:
  int before_;
};

template <class T>
class OneDnnNetwork : public Network {
public:
  OneDnnNetwork(const Graph& graph, const Tensors& tensors, int threads, Exchange* exchange)
      : graph_(graph), threads_(threads), exchange_(exchange), plan_(make_plan(graph, sizeof(T), fuses_rightly())),
        engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {
    const ThreadCount count(threads_);
    std::size_t scratch = 0;
    kept_.resize(plan_.kept);
    work_.resize(plan_.work);
    for (const Step& step : plan_.setup)
      add(step, tensors, &setup_);
    for (const Step& step : plan_.apply)
      add(step, tensors, &apply_);
    for (const auto& c : convolutions_)
      scratch = std::max(scratch, c->scratchpad_bytes());
    scratch_.resize(scratch);
  }

  void set_operator(const float* fields) override {
    const ThreadCount count(threads_);
    if (graph_.operator_fields >= 0)
      load(graph_.operator_fields, fields);
    for (const auto& step : setup_)
      step();
    stream_.wait();
  }
  void apply(const float* r, float* e) override {
    const ThreadCount count(threads_);
    load(graph_.residual, r);
    result_ = e;
    for (const auto& step : apply_)
      step();
    stream_.wait();
    if (!written_)
      team(size_of(graph_.output), [&] { pointwise(size_of(graph_.output), field(graph_.output), Epilogue<T>{}, e); });
  }
  std::string description() const override {
    return std::string("oneDNN, ") + (sizeof(T) == 2 ? "bf16" : "f32") + ", " + std::to_string(threads_) +
           (threads_ == 1 ? " thread" : " threads");
  }
  std::size_t bytes() const override {
    std::size_t sum = kept_.size() + work_.size() + scratch_.size();
    for (const auto& c : convolutions_)
      sum += c->weight_bytes();
    return sum;
  }

private:
  T* field(int n) {
    const auto at = static_cast<std::size_t>(n);
    return reinterpret_cast<T*>((plan_.keeps[at] ? kept_ : work_).data() + plan_.place[at]);
  }
  std::size_t size_of(int n) const {
    return cells_of(graph_.node(n).grid) * static_cast<std::size_t>(graph_.node(n).channels);
  }
  // On so many numbers.
  template <class Work>
  void team(std::size_t numbers, Work&& work) const {
    const int threads = numbers < 32768 ? 1 : threads_;
#pragma omp parallel num_threads(threads)
    work();
  }

  // An input is read where the caller has it by space_to_depth, and is copied for anything else.
  void load(int input, const float* values) {
    (input == graph_.residual ? residual_ : operator_) = values;
    const bool copied = std::any_of(graph_.nodes.begin(), graph_.nodes.end(), [&](const Node& n) {
      return n.op != Op::space_to_depth && n.op != Op::depth_to_space && (n.in[0] == input || n.in[1] == input);
    });
    const bool grown = std::any_of(graph_.nodes.begin(), graph_.nodes.end(),
                                   [&](const Node& n) { return n.op == Op::depth_to_space && n.in[0] == input; });
    if (copied || grown)
      team(size_of(input), [&] { pointwise(size_of(input), values, Epilogue<T>{}, field(input)); });
    if (graph_.node(input).refreshed)
      refresh(graph_.node(input), field(input));
  }

  void refresh(const Node& node, T* field) {
    exchange_->refresh(reinterpret_cast<std::byte*>(field), graph_.plane_of(node) * sizeof(T), node.begin, node.end);
  }

  void add(const Step& step, const Tensors& tensors, std::vector<std::function<void()>>* steps) {
    steps->push_back(make(step, tensors));
    if (const Node& node = graph_.node(step.result); node.refreshed)
      steps->emplace_back([this, &node, out = field(step.result)] {
        stream_.wait();
        refresh(node, out);
      });
  }

  // Copies of planes between a part and the whole.
  std::function<void()> make_copy(const Node& node, const T* in, T* out) {
    const std::size_t plane = graph_.plane_of(node);
    const T* const from = in + static_cast<std::ptrdiff_t>(plane) * node.begin;
    if (node.op == Op::window)
      return [=, this, &node] {
        stream_.wait();
        std::memcpy(out, from, size_of(static_cast<int>(&node - graph_.nodes.data())) * sizeof(T));
      };
    T* const to = out + static_cast<std::ptrdiff_t>(plane) * node.firsts[static_cast<std::size_t>(node.slab)];
    return [=, this, &node] {
      stream_.wait();
      std::memcpy(to, from, plane * static_cast<std::size_t>(node.end - node.begin) * sizeof(T));
      exchange_->gather(reinterpret_cast<std::byte*>(out), plane * sizeof(T), node.firsts);
    };
  }

  std::function<void()> make(const Step& step, const Tensors& tensors) {
    const Node& node = graph_.node(step.first);
    if (node.op == Op::convolution)
      return make_convolution(step, tensors);
    const Node& from = graph_.node(node.in[0]);
    T* const in = field(node.in[0]);
    T* const out = field(step.result);
    const Grid window = graph_.window(node.factor);
    const Epilogue<T> epilogue = epilogue_of(step);
    const std::size_t numbers = std::max(size_of(node.in[0]), size_of(step.result));
    switch (node.op) {
    case Op::gather:
    case Op::window:
      return make_copy(node, in, out);
    case Op::space_to_depth:
      if (from.op == Op::input) {
        const float* const& given = from.setup ? operator_ : residual_;
        return [=, this, &from, &node, &given] {
          team(numbers, [&] { space_to_depth(from.grid, from.channels, window, given, node.grid, out); });
        };
      }
      return [=, this, &from, &node] {
        team(numbers, [&] { space_to_depth(from.grid, from.channels, window, in, node.grid, out); });
      };
    case Op::depth_to_space:
      if (step.result == graph_.output) {
        written_ = true;
        return [=, this, &from, &node] {
          team(numbers, [&] { depth_to_space(node.grid, node.channels, window, in, from.grid, epilogue, result_); });
        };
      }
      return [=, this, &from, &node] {
        team(numbers, [&] { depth_to_space(node.grid, node.channels, window, in, from.grid, epilogue, out); });
      };
    case Op::pool:
      return [=, this, &from, &node] {
        team(numbers, [&] { pool(from.grid, from.channels, window, in, node.grid, out); });
      };
    case Op::upsample:
      return [=, this, &from, &node] {
        team(numbers, [&] { upsample(node.grid, node.channels, window, in, from.grid, epilogue, out); });
      };
    default:
      return [=, this] { team(size_of(step.result), [&] { pointwise(size_of(step.result), in, epilogue, out); }); };
    }
  }

  Epilogue<T> epilogue_of(const Step& step) {
    Epilogue<T> epilogue;
    epilogue.relu = step.relu >= 0;
    if (epilogue.relu)
      epilogue.slope = graph_.node(step.relu).slope;
    if (step.gate >= 0)
      epilogue.gate = field(graph_.node(step.gate).in[1]);
    if (step.add >= 0)
      epilogue.other = field(step.other);
    return epilogue;
  }

  std::function<void()> make_convolution(const Step& step, const Tensors& tensors) {
    const Node& node = graph_.node(step.first);
    std::vector<OneDnnConvolution::Fused> fused;
    if (step.relu >= 0)
      fused.push_back({Op::relu, graph_.node(step.relu).slope, nullptr});
    if (step.gate >= 0)
      fused.push_back({Op::gate, 0, field(graph_.node(step.gate).in[1])});
    if (step.add >= 0)
      fused.push_back({Op::add, 0, field(step.other)});
    const int threads = threads_for(graph_, node, threads_);
    const ThreadCount count(threads);
    constexpr auto type = sizeof(T) == 2 ? dnnl::memory::data_type::bf16 : dnnl::memory::data_type::f32;
    convolutions_.push_back(std::make_unique<OneDnnConvolution>(engine_, graph_, node, tensors, type, field(node.in[0]),
                                                                field(step.result), fused));
    return [this, threads, convolution = convolutions_.back().get()] {
      const ThreadCount running(threads);
      convolution->run(stream_, scratch_.data());
    };
  }

  Graph graph_;
  int threads_;
  Exchange* exchange_;
  Plan plan_;
  Buffer<std::byte> kept_, work_, scratch_;
  dnnl::engine engine_;
  dnnl::stream stream_;
  std::vector<std::unique_ptr<OneDnnConvolution>> convolutions_;
  std::vector<std::function<void()>> setup_, apply_;
  const float* residual_ = nullptr;
  const float* operator_ = nullptr;
  float* result_ = nullptr;
  bool written_ = false; // the last step writes the result itself
};

bool multiplies_bf16() {
  return has_isa(dnnl::cpu_isa::avx512_core_bf16);
}

} // namespace

std::unique_ptr<Network> make_onednn_network(const Graph& graph, const Tensors& tensors, Precision precision,
                                             int threads, Exchange* exchange) {
  try {
    if (precision == Precision::bf16 || (precision == Precision::automatic && multiplies_bf16()))
      return std::make_unique<OneDnnNetwork<Bf16>>(graph, tensors, threads, exchange);
    return std::make_unique<OneDnnNetwork<float>>(graph, tensors, threads, exchange);
  } catch (const dnnl::error& error) {
    refuse_onednn(error, precision == Precision::bf16 ? "the network in bf16" : "the network");
  }
}

} // namespace linnet::learned
