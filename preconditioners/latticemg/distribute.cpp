#include "latticemg/distribute.hpp"

#include <algorithm>
#include <numeric>
#include <type_traits>

namespace linnet::latticemg {

namespace {

constexpr std::size_t most_codes = 256;

// Cells of the grid that a rank sends.
struct Box {
  int begin[3], size[3];
};

bool is_row(const LatticeOperator& op, std::size_t c) {
  return op.links[c] & LatticeOperator::row_bit;
}

// A byte of a cell with these links, 0 where it has no row.
std::uint8_t of_row(std::uint8_t links, std::uint8_t value) {
  return links & LatticeOperator::row_bit ? value : 0;
}

// work(step), with a step that the compiler knows where cells follow each other: loops over them then become vectors.
template <class Work>
void with_step(std::size_t step, const Work& work) {
  if (step == 1)
    work(std::integral_constant<std::size_t, 1>());
  else
    work(step);
}

// Moves one number a cell from boxes to slabs: for each slab the planes that it and its halo take from a box, line by
// line along the first of the other axes.
class Slices {
public:
  Slices(const LatticeOperator& op, int axis, const SlabPlan& plan, MPI_Comm ranks)
      : op_(op), ranks_(ranks), axis_(axis), b_(axis == 0 ? 1 : 0), c_(axis == 2 ? 1 : 2) {
    int count = 1;
    MPI_Comm_rank(ranks, &rank_);
    MPI_Comm_size(ranks, &count);
    for (std::size_t a = 0; a < 3; ++a) { // the layer beyond a periodic end holds no rows
      own_.begin[a] = std::max(0, op.begin[a]);
      own_.size[a] = op.size[a] - (own_.begin[a] - op.begin[a]);
    }
    boxes_.resize(static_cast<std::size_t>(count));
    MPI_Allgather(&own_, 6, MPI_INT, boxes_.data(), 6, MPI_INT, ranks);
    planes_.resize(boxes_.size());
    for (int s = 0; s < plan.slabs(); ++s)
      planes_[static_cast<std::size_t>(s)] = planes_of(plan, s);
    slab_planes_ = planes_[static_cast<std::size_t>(rank_)];
    for (int r = 0; r < count; ++r) {
      const bool here = r == rank_; // without a message
      send_.push_back(here ? 0 : cells(own_, planes_[static_cast<std::size_t>(r)]));
      receive_.push_back(here ? 0 : cells(boxes_[static_cast<std::size_t>(r)], slab_planes_));
    }
    send_first_.resize(send_.size());
    receive_first_.resize(receive_.size());
    std::exclusive_scan(send_.begin(), send_.end(), send_first_.begin(), 0);
    std::exclusive_scan(receive_.begin(), receive_.end(), receive_first_.begin(), 0);
  }

  // value_of(index in the box) of each cell to merge(index in the slab, value).
  template <class T, class Value, class Merge>
  void move(MPI_Datatype type, const LatticeOperator& slab, const Value& value_of, const Merge& merge) const {
    Buffer<T> sent, received;
    sent.resize(static_cast<std::size_t>(send_first_.back()) + static_cast<std::size_t>(send_.back()));
    received.resize(static_cast<std::size_t>(receive_first_.back()) + static_cast<std::size_t>(receive_.back()));
    const auto length_of = [&](const Box& box) { return static_cast<std::size_t>(box.size[b_]); };
    // put(i, value) of a line of this rank. Bytes that are written might be anything that is not a variable of the
    // loop.
    const auto read = [&](const int* at, const auto& put) {
      const std::size_t from = op_.index(at[0], at[1], at[2]);
      with_step(op_.stride(b_), [&](auto step) {
        const auto value_here = value_of;
        const auto put_there = put;
        const std::size_t length = length_of(own_);
        for (std::size_t i = 0; i < length; ++i)
          put_there(i, value_here(from + i * step));
      });
    };
    T* next = sent.data();
    for (int r = 0; r < static_cast<int>(planes_.size()); ++r)
      if (r != rank_)
        for_each_line(own_, planes_[static_cast<std::size_t>(r)], [&](const int* at, int) {
          read(at, [line = next](std::size_t i, T value) { line[i] = value; });
          next += length_of(own_);
        });
    MPI_Alltoallv(sent.data(), send_.data(), send_first_.data(), type, received.data(), receive_.data(),
                  receive_first_.data(), type, ranks_);
    // work(index in the slab, step) of a line
    const auto write = [&](const int* at, int plane, const auto& work) {
      const std::size_t step = slab.stride(b_), to = static_cast<std::size_t>(plane) * slab.stride(axis_) +
                                                     static_cast<std::size_t>(at[b_]) * step +
                                                     static_cast<std::size_t>(at[c_]) * slab.stride(c_);
      with_step(step, [&](auto known_step) { work(to, known_step); });
    };
    const T* value = received.data();
    for (int r = 0; r < static_cast<int>(boxes_.size()); ++r) {
      const Box& box = boxes_[static_cast<std::size_t>(r)];
      for_each_line(box, slab_planes_, [&](const int* at, int plane) {
        write(at, plane, [&](std::size_t to, auto step) {
          if (r == rank_)
            return read(at, [merge, to, step](std::size_t i, T own) { merge(to + i * step, own); });
          const auto merge_here = merge;
          const T* const line = value;
          const std::size_t length = length_of(box);
          for (std::size_t i = 0; i < length; ++i)
            merge_here(to + i * step, line[i]);
          value += length;
        });
      });
    }
  }

private:
  // line(first cell of the grid, plane of the slab)
  template <class Line>
  void for_each_line(const Box& box, const std::vector<int>& planes, const Line& line) const {
    for (std::size_t p = 0; p < planes.size(); ++p) {
      int at[3] = {box.begin[0], box.begin[1], box.begin[2]};
      at[axis_] = planes[p];
      if (planes[p] < box.begin[axis_] || planes[p] >= box.begin[axis_] + box.size[axis_])
        continue;
      for (; at[c_] < box.begin[c_] + box.size[c_]; ++at[c_])
        line(at, static_cast<int>(p));
    }
  }
  int cells(const Box& box, const std::vector<int>& planes) const {
    int lines = 0;
    for_each_line(box, planes, [&](const int*, int) { ++lines; });
    return lines * box.size[b_];
  }

  const LatticeOperator& op_;
  MPI_Comm ranks_;
  int rank_ = 0, axis_, b_, c_;
  Box own_{};
  std::vector<Box> boxes_;               // by rank
  std::vector<std::vector<int>> planes_; // of the slab of a rank and its halo
  std::vector<int> slab_planes_;         // of this rank
  std::vector<int> send_, send_first_, receive_, receive_first_;
};

// The values of excess on all ranks, each once, in the same order on all of them.
std::vector<double> all_excess_values(const std::vector<double>& own, MPI_Comm ranks) {
  int count = 1;
  MPI_Comm_size(ranks, &count);
  const int size = static_cast<int>(own.size());
  std::vector<int> sizes(static_cast<std::size_t>(count)), first(sizes.size());
  MPI_Allgather(&size, 1, MPI_INT, sizes.data(), 1, MPI_INT, ranks);
  std::exclusive_scan(sizes.begin(), sizes.end(), first.begin(), 0);
  std::vector<double> all(static_cast<std::size_t>(first.back() + sizes.back())), distinct;
  MPI_Allgatherv(own.data(), size, MPI_DOUBLE, all.data(), sizes.data(), first.data(), MPI_DOUBLE, ranks);
  for (const double value : all)
    if (std::find(distinct.begin(), distinct.end(), value) == distinct.end())
      distinct.push_back(value);
  return distinct;
}

template <class T>
void resize_to_zeros(std::size_t count, Buffer<T>* buffer) {
  buffer->resize(count);
  std::fill(buffer->begin(), buffer->end(), T{});
}

void move_codes(const LatticeOperator& boxes, const Slices& slices, LatticeOperator* slab) {
  std::vector<std::uint8_t> new_code;
  for (const double value : boxes.excess_values)
    new_code.push_back(static_cast<std::uint8_t>(
        std::find(slab->excess_values.begin(), slab->excess_values.end(), value) - slab->excess_values.begin()));
  bool same = true;
  for (std::size_t v = 0; v < new_code.size(); ++v)
    same = same && new_code[v] == v;
  resize_to_zeros(slab->links.size(), &slab->excess_code);
  const std::uint8_t *links = boxes.links.data(), *code_of = boxes.excess_code.data();
  std::uint8_t* to = slab->excess_code.data();
  const auto merge = [to](std::size_t c, std::uint8_t code) { to[c] |= code; };
  if (same)
    slices.move<std::uint8_t>(
        MPI_BYTE, *slab, [=](std::size_t c) { return of_row(links[c], code_of[c]); }, merge);
  else
    slices.move<std::uint8_t>(
        MPI_BYTE, *slab, [&](std::size_t c) { return is_row(boxes, c) ? new_code[code_of[c]] : std::uint8_t{0}; },
        merge);
}

void move_coefficients(const LatticeOperator& boxes, const Slices& slices, LatticeOperator* slab) {
  resize_to_zeros(slab->links.size(), &slab->excess);
  slices.move<double>(
      MPI_DOUBLE, *slab, [&](std::size_t c) { return is_row(boxes, c) ? boxes.excess_of(c) : 0; },
      [&](std::size_t c, double value) { slab->excess[c] += value; });
  for (std::size_t a = 0; a < 3 && !slab->uniform; ++a) {
    resize_to_zeros(slab->links.size(), &slab->face[a]);
    slices.move<double>(
        MPI_DOUBLE, *slab,
        [&](std::size_t c) { return is_row(boxes, c) ? boxes.coupling(c, 2 * static_cast<int>(a) + 1) : 0; },
        [&](std::size_t c, double value) { slab->face[a][c] += value; });
  }
}

// The first and the last plane have no neighbours in the field.
void cut_ends(int axis, LatticeOperator* slab) {
  const std::size_t step = slab->stride(axis), length = step * static_cast<std::size_t>(slab->size[std::size_t(axis)]);
  const auto below = static_cast<std::uint8_t>(~(1U << (2 * axis))),
             above = static_cast<std::uint8_t>(~(2U << (2 * axis)));
  for (std::size_t first = 0; first < slab->cell_count(); first += length)
    for (std::size_t i = 0; i < step; ++i) {
      slab->links[first + i] &= below;
      slab->links[first + length - step + i] &= above;
    }
}

} // namespace

void distribute(const LatticeOperator& boxes, const Lattice& lattice, int axis, const SlabPlan& plan, MPI_Comm ranks,
                LatticeOperator* slab) {
  const auto across = static_cast<std::size_t>(axis);
  int rank = 0;
  MPI_Comm_rank(ranks, &rank);
  const Slices slices(boxes, axis, plan, ranks);
  const bool active = rank < plan.slabs();
  slab->begin = {0, 0, 0};
  slab->size = active ? lattice.size : GridSize{0, 0, 0};
  slab->wraps = lattice.periodic;
  if (active) {
    slab->begin[across] = plan.first[static_cast<std::size_t>(rank)] - plan.halo;
    slab->size[across] = static_cast<PetscInt>(planes_of(plan, rank).size());
    slab->wraps[across] = lattice.periodic[across] && plan.halo == 0;
  }
  slab->excess_values = all_excess_values(boxes.coded ? boxes.excess_values : std::vector<double>{}, ranks);
  slab->uniform = boxes.uniform;
  slab->coded = boxes.coded && slab->excess_values.size() <= most_codes;
  slab->unit = boxes.unit;
  slab->coupled_rows = boxes.coupled_rows;
  slab->decoupled_rows = boxes.decoupled_rows;
  slab->min_coupling = boxes.min_coupling;
  slab->max_coupling = boxes.max_coupling;
  slab->min_excess = boxes.min_excess;
  slab->max_excess = boxes.max_excess;
  slab->closes = boxes.closes;
  slab->voxel = boxes.voxel;

  const auto cells = static_cast<std::size_t>(slab->size[0]) * static_cast<std::size_t>(slab->size[1]) *
                     static_cast<std::size_t>(slab->size[2]);
  resize_to_zeros(cells, &slab->links);
  const std::uint8_t* from = boxes.links.data();
  std::uint8_t* to = slab->links.data();
  slices.move<std::uint8_t>(
      MPI_BYTE, *slab, [from](std::size_t c) { return of_row(from[c], from[c]); },
      [to](std::size_t c, std::uint8_t links) { to[c] |= links; });
  if (slab->coded)
    move_codes(boxes, slices, slab);
  else
    move_coefficients(boxes, slices, slab);
  if (plan.halo > 0 && active)
    cut_ends(axis, slab);
}

} // namespace linnet::latticemg
