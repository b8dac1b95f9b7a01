// Where the fields of the levels lie, and the memory that they have.
#include "latticemg/multigrid.hpp"
#include "latticemg/zeros.hpp"

#include <algorithm>
#include <memory>
#include <type_traits>

namespace linnet::latticemg {

namespace {

// Of a level of size[], periodic[]; its fields are nowhere yet.
void set_strides(Level* level) {
  // A zero beside each end of a line, which lines share, or copies of the cells at the other end, which they do not.
  const int beside = level->periodic[0] ? 2 : 1, half = block / 2;
  const std::ptrdiff_t length =
      std::max(round_up(level->count(0)), (level->count(0) + beside + half - 1) / half * half);
  const std::ptrdiff_t lines = level->size[1] > 1 ? level->size[1] + 1 + level->periodic[1] : 1;
  level->line = level->size[1] > 1 ? length : 0;
  level->plane = level->size[2] > 1 ? lines * length : 0;
  level->front = (lines + 1) * length;
  level->gap = ((level->size[2] > 1 ? level->size[2] + 1 : 1) * lines + 3) * length + level->front;
}

// The planes of the finest grid that a rank owns, on a grid after so many halvings of the last axis.
Planes slab_planes(const Layout& layout, int halvings) {
  if (layout.ranks.slab < 0)
    return {0, 0};
  const auto s = static_cast<std::size_t>(layout.ranks.slab);
  return {layout.slabs.first[s] >> halvings, (layout.slabs.first[s + 1] + (1 << halvings) - 1) >> halvings};
}

// The fields of a level that are its own.
std::vector<float**> fields_of(Level* level, Form form, bool exact) {
  std::vector<float**> fields{&level->u, &level->b};
  const auto add = [&](float*& rounded, float*& low) {
    fields.push_back(&rounded);
    if (exact)
      fields.push_back(&low);
  };
  if (form != Form::coded) {
    fields.push_back(&level->inverse);
    add(level->diagonal, level->diagonal_low);
  }
  for (std::size_t a = 0; a < 3 && form == Form::general; ++a)
    add(level->face[a], level->face_low[a]);
  return fields;
}

// Fields that begin at the same place of a page would compete for the same places in the cache.
constexpr std::ptrdiff_t stagger = 5 * block;

// Those of some levels, the first of which is the finest one if it is exact.
std::size_t size_of_fields(Level* first, const Level* last, Form form, bool exact) {
  std::ptrdiff_t total = 0;
  for (Level* level = first; level < last; ++level)
    total += static_cast<std::ptrdiff_t>(fields_of(level, form, exact).size()) * (2 * level->gap + stagger);
  return static_cast<std::size_t>(total);
}

// All 0.
void place(Level* first, const Level* last, Form form, bool exact, int threads, Buffer<float>* memory) {
  memory->resize(size_of_fields(first, last, form, exact));
  clear(threads, memory);
  float* data = memory->data();
  for (Level* level = first; level < last; ++level)
    for (float** field : fields_of(level, form, exact)) {
      *field = data + level->front;
      data += 2 * level->gap + stagger;
    }
}

} // namespace

void Multigrid::lay_out(const GridSize& size, const std::array<bool, 3>& periodic) {
  const CoarseningPlan& plan = layout_.coarsening;
  const SlabPlan& slabs = layout_.slabs;
  levels_.clear();
  extents_.clear();
  if (layout_.ranks.slab < 0) {
    levels_.push_back({});
    return;
  }
  Level grid{}; // the whole of it
  for (int a = 0; a < 3; ++a) {
    grid.size[a] = size[static_cast<std::size_t>(plan.axis[a])];
    grid.periodic[a] = periodic[static_cast<std::size_t>(plan.axis[a])];
  }
  int halvings = 0;
  for (std::size_t l = 0; l <= plan.halved.size(); ++l) {
    for (int a = 0; l > 0 && a < 3; ++a) {
      grid.halved[a] = plan.halved[l - 1][static_cast<std::size_t>(a)];
      grid.size[a] = grid.halved[a] ? (grid.size[a] + 1) / 2 : grid.size[a];
      grid.periodic[a] = grid.periodic[a] && grid.size[a] > 2;
      grid.couplings = Couplings::general;
    }
    halvings += grid.halved[2];
    Level level = grid;
    level.own = level.grid = {0, grid.size[2]};
    if (static_cast<int>(l) < slabs.shared_levels) {
      const Planes own = slab_planes(layout_, halvings);
      level.shared = true;
      level.begin = own.first - slabs.halo;
      level.size[2] = own.count() + 2 * slabs.halo;
      level.own = {slabs.halo, slabs.halo + own.count()};
      level.grid = slabs.ring ? Planes{0, level.size[2]}
                              : Planes{std::max(0, -level.begin), std::min(level.size[2], grid.size[2] - level.begin)};
      level.periodic[2] = false;
    }
    set_strides(&level);
    extents_.emplace_back(
        static_cast<std::size_t>(level.size[1]) * static_cast<std::size_t>(slabs.halo + level.size[2]), Extent{0, 0});
    levels_.push_back(level);
    if (layout_.finest_only)
      break;
  }
}

// Plane k of a fine field lies in plane k / 2 of the view, or k where z is not halved.
void Multigrid::see_coarse_levels() {
  views_.clear();
  for (std::size_t l = 0; l + 1 < levels_.size(); ++l) {
    const Level& fine = levels_[l];
    Level view = levels_[l + 1];
    const auto in_view = [&](int k) { return view.halved[2] ? (k + 1) / 2 : k; };
    const int begin = view.halved[2] ? fine.begin / 2 : fine.begin; // even numbers
    for (float** field : fields_of(&view, Form::general, false))
      *field += (begin - view.begin) * view.plane;
    view.begin = begin;
    view.size[2] = in_view(fine.size[2]);
    view.own = {in_view(fine.own.first), in_view(fine.own.last)};
    views_.push_back(view);
  }
}

void Multigrid::place_coarse_fields(int threads) {
  if (!coarse_memory_.empty())
    return;
  place(levels_.data() + 1, levels_.data() + levels_.size(), Form::general, false, threads, &coarse_memory_);
  see_coarse_levels();
}

void Multigrid::place_fields(Form form, PetscInt rows, int threads) {
  Level *finest = levels_.data(), *coarse = finest + 1, *end = finest + levels_.size();
  const auto cells = static_cast<std::size_t>(2 * finest->gap);
  const std::size_t of_finest = size_of_fields(finest, coarse, form, true),
                    of_coarse = size_of_fields(coarse, end, Form::general, false),
                    codes = form == Form::coded ? cells : 0;
  constexpr std::size_t line = 64; // of the cache
  room_.resize((of_finest + of_coarse + cells) * sizeof(float) + cells * sizeof(double) + codes +
               static_cast<std::size_t>(rows) * sizeof(std::uint32_t) + 6 * line);
  char* free = room_.data();
  const auto lend = [&](auto* buffer, std::size_t count) {
    using T = std::remove_pointer_t<decltype(buffer->data())>;
    buffer->lend(reinterpret_cast<T*>(free), count);
    free += (count * sizeof(T) + line - 1) / line * line;
  };
  lend(&memory_, of_finest);
  lend(&coarse_memory_, of_coarse);
  lend(&code_, codes);
  lend(&place_, static_cast<std::size_t>(rows));
  lend(&direction_, cells);
  lend(&iterate_, cells);
  place(finest, coarse, form, true, threads, &memory_);
  halo_ = layout_.slabs.shared_levels > 0 && layout_.ranks.slab >= 0
              ? std::make_unique<Halo>(layout_.ranks.active, layout_.slabs.ring)
              : nullptr;
  laid_form_ = form;
}

} // namespace linnet::latticemg
