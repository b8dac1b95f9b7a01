#include "cli/generate.hpp"

#include "base/error.hpp"
#include "cli/grid_option.hpp"
#include "files/read.hpp"
#include "files/write.hpp"
#include "problems/assemble.hpp"
#include "problems/domains.hpp"
#include "problems/names.hpp"
#include "problems/sides.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <new>
#include <stdexcept>
#include <utility>
#include <vector>

namespace linnet {

namespace {

constexpr std::array<const char*, 3> format_names = {"mtx", "mtx.gz", "petsc"};

/// "a,b,c" -> {"a", "b", "c"}; "" -> {}
std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> items;
  if (list.empty())
    return items;
  std::size_t begin = 0;
  for (std::size_t comma = 0; comma != std::string::npos; begin = comma + 1) {
    comma = list.find(',', begin);
    items.push_back(list.substr(begin, comma - begin));
  }
  return items;
}

/// All of `text` as a number of its type, or an InputError that names the option.
template <class Number>
Number parse(const std::string& text, const char* option, const char* expected) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end)
    throw InputError(std::string(option) + ": expected " + expected + ", found '" + text + "'");
  return number;
}

std::array<double, 3> parse_spacing(const std::string& text, std::size_t dimensions) {
  const std::vector<std::string> items = split(text);
  if (items.size() != 1 && items.size() != dimensions)
    throw InputError("--spacing: expected 1 number or " + std::to_string(dimensions) +
                     " (one an axis of --grid), found '" + text + "'");
  std::array<double, 3> spacing = {1, 1, 1};
  for (std::size_t a = 0; a < 3; ++a)
    if (items.size() == 1 || a < items.size())
      spacing[a] = parse<double>(items[items.size() == 1 ? 0 : a], "--spacing", "positive numbers");
  return spacing;
}

VoxelDomain read_or_make_domain(const GenerateOptions& options, const VoxelGrid& grid, bool planar) {
  const Sides sides = make_sides({split(options.walls), split(options.open), split(options.periodic)}, planar);
  if (options.domain != "file") {
    if (!options.voxels.empty())
      throw InputError("--voxels: expected --domain file beside it, found --domain " + options.domain);
    std::vector<const char*> known(family_names.begin(), family_names.end());
    known.push_back("file");
    DomainSpec spec;
    spec.family = static_cast<Family>(find_name(known, options.domain, "--domain"));
    spec.grid = grid;
    spec.sides = sides;
    spec.seed = parse<std::uint64_t>(options.seed, "--seed", "an integer in [0, 2^64)");
    spec.feature = parse<std::int64_t>(options.feature, "--feature", "a number of cells");
    return make_domain(spec);
  }
  if (options.voxels.empty())
    throw InputError("--domain file: expected --voxels FILE beside it");
  check_grid(grid);
  const std::vector<std::int64_t> cells = read_cells(options.voxels);
  try {
    return domain_from_integers(grid, sides, cells);
  } catch (const InputError& error) {
    throw InputError(options.voxels, "", error.what());
  }
}

struct Census {
  std::int64_t fluid = 0;
  std::int64_t solid = 0;
  std::int64_t air = 0;
};

Census count_cells(const VoxelDomain& domain) {
  std::array<std::int64_t, 3> count{};
  for (const Cell cell : domain.cell)
    ++count[static_cast<std::size_t>(cell)];
  return {count[0], count[1], count[2]};
}

struct Outputs {
  std::string matrix;
  std::string rhs;
  std::string cells;
};

Outputs file_names(const GenerateOptions& options) {
  const std::string format = format_names[find_name(format_names, options.format, "--format")];
  const std::filesystem::path stem = options.out;
  if (stem.filename().empty())
    throw InputError("--out: expected a path that ends in a name, found '" + options.out + "'");
  if (!stem.parent_path().empty() && !std::filesystem::is_directory(stem.parent_path()))
    throw InputError("--out: expected an existing directory, found '" + stem.parent_path().string() + "'");
  return {options.out + "." + format, options.out + ".rhs." + format, options.out + ".cells.mtx"};
}

nlohmann::ordered_json report(const GenerateOptions& options, const VoxelGrid& grid, const Census& before,
                              const PressureSystem& system, const Outputs& files, double seconds) {
  const auto singular = std::count_if(system.components.begin(), system.components.end(),
                                      [](const Component& component) { return !component.anchored; });
  const auto fraction = [&](std::int64_t cells) {
    return static_cast<double>(cells) / static_cast<double>(grid.cells());
  };
  nlohmann::ordered_json facts;
  facts["schema"] = "linnet-generate-1";
  facts["problem"] = "poisson";
  facts["domain"] = options.domain;
  facts["grid"] = {grid.nx, grid.ny, grid.nz};
  facts["seed"] = parse<std::uint64_t>(options.seed, "--seed", "an integer in [0, 2^64)");
  facts["n"] = system.matrix.rows;
  facts["nnz"] = system.matrix.nnz();
  facts["unknowns"] = system.fluid;
  facts["fluid_fraction"] = fraction(system.fluid);
  facts["solid_fraction"] = fraction(before.solid + system.dropped);
  facts["air_fraction"] = fraction(before.air);
  facts["components"] = system.components.size();
  facts["isolated_components"] = singular;
  facts["dropped_cells"] = system.dropped;
  facts["matrix"] = files.matrix;
  facts["rhs"] = files.rhs;
  facts["cells"] = files.cells;
  facts["seconds"] = seconds;
  return facts;
}

void print(const nlohmann::ordered_json& facts) {
  const auto percent = [&](const char* key) { return 100 * facts[key].get<double>(); };
  std::fprintf(stderr, "grid        %s, %s\n", facts["grid"].dump().c_str(),
               facts["domain"].get<std::string>().c_str());
  std::fprintf(stderr, "matrix      %lld rows, %lld entries, %lld unknowns\n", facts["n"].get<long long>(),
               facts["nnz"].get<long long>(), facts["unknowns"].get<long long>());
  std::fprintf(stderr, "cells       %.1f %% fluid, %.1f %% solid, %.1f %% air; %lld isolated ones dropped\n",
               percent("fluid_fraction"), percent("solid_fraction"), percent("air_fraction"),
               facts["dropped_cells"].get<long long>());
  std::fprintf(stderr, "components  %lld, of which %lld without air or an open side\n",
               facts["components"].get<long long>(), facts["isolated_components"].get<long long>());
  for (const char* key : {"matrix", "rhs", "cells"})
    std::fprintf(stderr, "wrote       %s\n", facts[key].get<std::string>().c_str());
}

struct Parsed {
  VoxelGrid grid;
  AssemblySpec assembly;
  VoxelDomain domain;
};

Parsed parse(const GenerateOptions& options) {
  const VoxelGrid grid = parse_grid(options.grid);
  const std::size_t dimensions = split(options.grid).size();
  AssemblySpec spec;
  spec.spacing = parse_spacing(options.spacing, dimensions);
  spec.shift = parse<double>(options.shift, "--shift", "a non-negative number");
  spec.jump = parse<double>(options.jump, "--jump", "a positive number");
  spec.isolated = isolated_from_name(options.isolated);
  spec.numbering = numbering_from_name(options.numbering);
  spec.right_hand_side = right_hand_side_from_name(options.rhs);
  spec.seed = parse<std::uint64_t>(options.seed, "--seed", "an integer in [0, 2^64)");
  return {grid, spec, read_or_make_domain(options, grid, dimensions == 2)};
}

int generate(const GenerateOptions& options, std::FILE* results) {
  const auto start = std::chrono::steady_clock::now();
  const Outputs files = file_names(options);
  Parsed parsed = parse(options);
  const Census before = count_cells(parsed.domain);
  const PressureSystem system = assemble(std::move(parsed.domain), parsed.assembly);
  write_matrix(files.matrix, system.matrix, true);
  write_vector(files.rhs, system.rhs);
  write_cells(files.cells, system.cells);

  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const nlohmann::ordered_json facts = report(options, parsed.grid, before, system, files, seconds.count());
  print(facts);
  if (options.json)
    std::fprintf(results, "%s\n", facts.dump(2).c_str());
  return 0;
}

} // namespace

PressureSystem generated_system(const GenerateOptions& options) {
  Parsed parsed = parse(options);
  return assemble(std::move(parsed.domain), parsed.assembly);
}

PressureProblem generated_problem(const GenerateOptions& options) {
  Parsed parsed = parse(options);
  return prepare(std::move(parsed.domain), parsed.assembly);
}

int run_generate(const GenerateOptions& options, std::FILE* results) {
  try {
    return generate(options, results);
  } catch (const std::bad_alloc&) {
    throw std::runtime_error("--grid " + options.grid + ": not enough memory (about 150 bytes a cell)");
  }
}

void add_generate_command(CLI::App& app, GenerateOptions& options) {
  CLI::App* const command = app.add_subcommand("generate", "Make systems to solve");
  command->require_subcommand(1);
  CLI::App* const poisson = command->add_subcommand(
      "poisson",
      "Voxel pressure system -div(c grad p) = b: fluid cells are unknowns, solid cells walls, air cells p = 0");
  const auto add = [&](const char* name, std::string& value, const std::string& help) {
    return poisson->add_option(name, value, help)->capture_default_str();
  };
  const auto list = [](const auto& names) {
    std::string text;
    for (const char* const name : names)
      text += (text.empty() ? "" : ", ") + std::string(name);
    return text;
  };
  add("--grid", options.grid, "NX,NY or NX,NY,NZ cells; y points up")->required();
  add("--out", options.out, "STEM: writes STEM.FORMAT, STEM.rhs.FORMAT and STEM.cells.mtx")->required();
  add("--domain", options.domain, list(family_names) + ", or file");
  add("--voxels", options.voxels,
      "for --domain file: a Matrix Market array of integers, one a cell i + nx (j + ny k): 0 fluid, 1 solid, 2 air");
  add("--walls", options.walls,
      "Sides without flow: left, right (x), bottom, top (y), front, back (z), or all; comma-separated. A side named "
      "nowhere "
      "is a wall, but the top is open unless it is named or --open is given");
  add("--open", options.open, "Sides with p = 0 beyond them, named as for --walls");
  add("--periodic", options.periodic, "Periodic axes: x, y, z; comma-separated");
  add("--seed", options.seed, "of the domain, the right-hand side and the jumps");
  add("--feature", options.feature, "Size of the domain's features in cells (0: chosen from the grid)");
  add("--spacing", options.spacing, "Cell size H, or HX,HY[,HZ]");
  add("--shift", options.shift, "Added to the diagonal of each fluid cell");
  add("--jump", options.jump, "Ratio of the coefficient c in random inclusions to c = 1 elsewhere");
  add("--isolated", options.isolated,
      "Fluid without air or an open side: drop (make it solid) or keep (singular; b sums to zero there)");
  add("--numbering", options.numbering, "Rows: compact (fluid cells) or full (all cells; identity where not fluid)");
  add("--rhs", options.rhs, list(right_hand_side_names));
  add("--format", options.format, list(format_names) + ". petsc is binary: the fastest for large grids");
  poisson->add_flag("--json", options.json, "Print one JSON object on standard output");
}

} // namespace linnet
