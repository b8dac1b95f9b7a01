#pragma once

#include "lattice/cell_map.hpp"
#include "lattice/graph.hpp"

#include <cstdint>
#include <vector>

namespace linnet {

/// Places one connected graph on Z^2 or Z^3 by what lattice graphs have in common:
///   - a vertex lies beside each of its neighbours, so two placed neighbours leave two cells for it, three mostly one;
///   - 4-cycles are unit squares: two edges of a vertex that share one are perpendicular;
///   - the edges of a vertex with all neighbours pair up into opposite ones, which share no 4-cycle.
/// Vertices are placed when these leave one cell. Where none is left with one, a vertex is placed by what is likely
/// (numbering like that of parallel edges nearby, then straight on), and if that fails the next cell is tried, a
/// bounded number of times: not of the last vertex that was placed so, but of the last one that a contradiction
/// depends on, so that parts which have nothing to do with it are not searched. Axes that close are noticed when the
/// placement meets itself, after at least five cells.
class ComponentEmbedding {
public:
  struct Rules {
    int dimensions;       // 2 or 3
    bool close;           // axes may close
    bool contact_couples; // rows on neighbouring cells are coupled: no wall is thinner than a cell
  };

  /// `neighbours`: numbered so that near vertices have near numbers. `rows`: the row of each vertex. `budget`: how many
  /// placements may be undone; what was is taken from it.
  ComponentEmbedding(const Adjacency& neighbours, const std::vector<std::int32_t>& rows, const Rules& rules,
                     std::size_t* budget);

  bool run();

  const CellPosition& position(std::int32_t vertex) const { return position_[static_cast<std::size_t>(vertex)]; }
  /// 0 where the axis does not close.
  const std::array<std::int32_t, 3>& period() const { return period_; }
  /// The placement met itself: it may need axes that close.
  bool met_itself() const { return met_itself_; }
  /// The row for which no cell was left.
  std::int32_t stuck_row() const { return stuck_row_; }

private:
  enum class Outcome { placed, open, stuck };
  struct Candidates {
    int count = 0;
    std::array<CellPosition, 6> cell;
    void keep(int index) { cell[static_cast<std::size_t>(count++)] = cell[static_cast<std::size_t>(index)]; }
  };
  struct Decision {
    std::int32_t vertex;
    std::size_t trail, open_head;
    std::array<bool, 3> used;
    std::array<std::int32_t, 3> period;
    Candidates left;
    int next;
    std::vector<int> blame; // levels that left no other cells, and those of contradictions beyond; ascending
  };

  bool is_placed(std::int32_t v) const { return placed_[static_cast<std::size_t>(v)] != 0; }
  const std::array<std::int32_t, 6>& of(std::int32_t v) const { return neighbours_[static_cast<std::size_t>(v)]; }
  CellPosition step(const CellPosition& from, int direction) const;
  int direction(const CellPosition& from, const CellPosition& to) const; // -1 where they are no neighbours
  bool share_square(std::int32_t a, std::int32_t b, std::int32_t corner) const;
  std::int32_t opposite(std::int32_t corner, std::int32_t vertex) const; // -1 where it cannot be told

  std::int32_t choose_seed() const;
  Candidates candidates(std::int32_t v);
  bool allowed_by_squares(std::int32_t v, const CellPosition& cell) const;
  bool touches_strangers(std::int32_t v, const CellPosition& cell) const;
  void drop_mirror_images(Candidates* found) const;
  int likelihood(std::int32_t v, const CellPosition& cell) const;
  bool close_axis(std::int32_t v);

  Outcome attempt(std::int32_t v);
  void place(std::int32_t v, const CellPosition& cell, int level);
  std::vector<int> levels_around(std::int32_t v) const;
  bool propagate();
  bool decide();
  bool take_next();
  bool backtrack();
  void undo(std::size_t trail);
  void refold();

  const Adjacency& neighbours_;
  const std::vector<std::int32_t>& rows_;
  Rules rules_;
  std::vector<CellPosition> position_;
  std::vector<std::uint8_t> placed_;
  std::vector<int> level_; // of the last decision that the place of a vertex depends on, counted from 1
  CellMap map_;
  std::array<std::int32_t, 3> period_{};
  std::array<bool, 3> used_{};      // some vertex lies off the origin along the axis
  std::vector<std::int32_t> trail_; // in the order of placing; from `head_` on, neighbours are still to be tried
  std::size_t head_ = 0;
  std::vector<std::int32_t> open_; // had several cells when tried last
  std::vector<std::uint8_t> is_open_;
  std::size_t open_head_ = 0;
  std::vector<Decision> decisions_;
  std::vector<int> blame_; // levels that the last contradiction depends on, ascending
  std::size_t* budget_;
  bool met_itself_ = false;
  std::int32_t stuck_row_ = -1;
};

} // namespace linnet
