#pragma once

#include "learned/graph.hpp"

#include <memory>

namespace linnet::learned {

/// A graph with weights, ready to run. Fields are arrays [cell][channel], cells x first.
class Network {
public:
  Network() = default;
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;
  virtual ~Network() = default;

  /// Runs what depends on the operator alone. `fields`: [cells][operator_channels]; not read where there are none.
  virtual void set_operator(const float* fields) = 0;
  /// e <- N r; both [cells]. After set_operator(), any number of times.
  virtual void apply(const float* r, float* e) = 0;
  /// The backend in words.
  virtual std::string description() const = 0;
  /// Of weights, fields and work space.
  virtual std::size_t bytes() const = 0;
};

/// What ranks that share a network tell each other. Fields are planes of so many bytes.
class Exchange {
public:
  Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  virtual ~Exchange() = default;

  /// This rank owns planes first ... last - 1: gives its outermost ones, and takes those of the neighbours beside them.
  virtual void refresh(std::byte* field, std::size_t plane, int first, int last) = 0;
  /// A whole field, of which slab s has computed planes first[s] ... first[s + 1] - 1.
  virtual void gather(std::byte* field, std::size_t plane, const std::vector<int>& first) = 0;
};

/// One loop an operation, in single precision: what the other backend is held against.
std::unique_ptr<Network> make_reference_network(const Graph& graph, const Tensors& tensors,
                                                Exchange* exchange = nullptr);

enum class Precision : std::uint8_t { automatic, f32, bf16 };

/// oneDNN's convolutions, post-operations fused, all memory laid out beforehand: apply() allocates no field.
/// automatic: bf16 where the processor multiplies it and ONEDNN_MAX_CPU_ISA lets it. The same bits for the same number
/// of threads. `exchange`: of a graph that ranks share; it must stay. Throws InputError where oneDNN has no convolution
/// for it.
std::unique_ptr<Network> make_onednn_network(const Graph& graph, const Tensors& tensors, Precision precision,
                                             int threads, Exchange* exchange = nullptr);

} // namespace linnet::learned
