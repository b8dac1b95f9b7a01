// Numbers of rows, between the ranks that hold the rows and those that work on them.
#include "latticemg/row_exchange.hpp"
#include "latticemg/solve.hpp"

#include <numeric>

using namespace latticemg_test;
using namespace linnet;
using namespace linnet::latticemg;

namespace {

constexpr PetscInt rows_of_rank = 40;

// Global row `row` goes to the rank of the row `away` further; the last ones in order, or to the first rank.
struct Shift {
  PetscInt away;
  bool cyclic;

  int owner(PetscInt row) const {
    const PetscInt all = rows_of_rank * ranks_of_world(), to = row + away;
    return static_cast<int>((cyclic ? to % all : std::min(to, all - 1)) / rows_of_rank);
  }
};

RowExchange exchange_of(const Shift& shift) {
  const PetscInt first = rank_in_world() * rows_of_rank;
  return {PETSC_COMM_WORLD, rows_of_rank, [=](PetscInt begin, PetscInt end, int* owner) {
            for (PetscInt r = begin; r < end; ++r)
              *owner++ = shift.owner(first + r);
          }};
}

std::vector<double> numbers_of_rows() {
  std::vector<double> own(rows_of_rank);
  std::iota(own.begin(), own.end(), static_cast<double>(rank_in_world()) * rows_of_rank);
  return own;
}

constexpr std::array<Shift, 4> shifts = {{{0, false}, {7, false}, {55, false}, {7, true}}};

TEST(RowExchange, BringsTheRowsOfASlabInTheirOrder) {
  for (const Shift& shift : shifts) {
    RowExchange exchange = exchange_of(shift);
    const std::vector<double> own = numbers_of_rows();
    std::vector<double> expected, slab(static_cast<std::size_t>(exchange.slab_rows()), -1), back(own.size(), -1);
    for (PetscInt row = 0; row < rows_of_rank * ranks_of_world(); ++row)
      if (shift.owner(row) == rank_in_world())
        expected.push_back(row);
    exchange.to_slabs(own.data(), slab.data());
    EXPECT_EQ(slab, expected);
    exchange.to_rows(slab.data(), back.data());
    EXPECT_EQ(back, own);
  }
}

TEST(RowExchange, LeavesRowsThatStayWhereTheyLie) {
  for (const Shift& shift : shifts) {
    RowExchange exchange = exchange_of(shift);
    const std::vector<double> own = numbers_of_rows();
    std::vector<double> slab(static_cast<std::size_t>(exchange.slab_rows()), -1), answer(own.size(), -1);
    Buffer<double> room;
    exchange.to_slabs(own.data(), slab.data());
    const RowPieces<const double> pieces = exchange.pieces(own.data(), &room);
    exchange.receive(own.data(), &room);
    ASSERT_EQ(pieces.rows(), exchange.slab_rows());
    if (!shift.cyclic) {
      const auto stay = std::count_if(own.begin(), own.end(), [&](double row) {
        return shift.owner(static_cast<PetscInt>(row)) == rank_in_world();
      });
      EXPECT_EQ(static_cast<std::ptrdiff_t>(room.size()), exchange.slab_rows() - stay);
    }
    for (std::ptrdiff_t r = 0; r < pieces.rows(); ++r)
      EXPECT_EQ(pieces[r], slab[static_cast<std::size_t>(r)]);
    const RowPieces<double> to = exchange.pieces(answer.data(), &room);
    std::ptrdiff_t next = 0;
    to.for_each_run(0, to.rows(), [&](std::ptrdiff_t begin, std::ptrdiff_t end, double* data) {
      EXPECT_EQ(begin, next);
      next = end;
      for (std::ptrdiff_t r = begin; r < end; ++r)
        data[r - begin] = 2 * slab[static_cast<std::size_t>(r)];
    });
    EXPECT_EQ(next, to.rows());
    exchange.give_back(room, answer.data());
    for (std::size_t r = 0; r < own.size(); ++r)
      EXPECT_EQ(answer[r], 2 * own[r]);
  }
}

} // namespace
