#include "cli/training_systems.hpp"

#include "base/error.hpp"
#include "cli/generate.hpp"
#include "cli/petsc.hpp"
#include "cli/training_matrix.hpp"
#include "files/read.hpp"

#include <algorithm>
#include <filesystem>

#include <zlib.h>

namespace linnet {

namespace {

using learned::GridOperator;
using learned::HeldOut;

std::vector<HeldOut> generated(const std::string& text, int count, int dimension) {
  std::vector<HeldOut> all;
  for (int i = 0; i < count; ++i) {
    GenerateOptions options = parse_generate(text, "--systems");
    try {
      options.seed = std::to_string(std::stoull(options.seed) + static_cast<std::uint64_t>(i));
    } catch (const std::exception&) {
      throw InputError("--systems: --seed: expected an integer in [0, 2^64), found '" + options.seed + "'");
    }
    PressureSystem system = generated_system(options);
    all.push_back({options.domain, std::stoull(options.seed), grid_operator_of(&system, text, dimension)});
  }
  return all;
}

std::vector<HeldOut> from_directory(const std::string& directory, int dimension) {
  std::vector<std::filesystem::path> files;
  std::error_code error, unknown;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file(unknown) && name.find(".rhs.") == std::string::npos &&
        name.find(".cells.") == std::string::npos)
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<HeldOut> all;
  for (const std::filesystem::path& file : files) {
    SparseMatrix matrix = read_matrix(file.string());
    all.push_back({file.filename().string(), 1, grid_operator_of(&matrix, file.string(), dimension)});
  }
  if (all.empty())
    throw InputError(directory, "", "expected matrix files, found " + (error ? error.message() : "none"));
  return all;
}

} // namespace

learned::OwnSystems read_training_systems(const std::string& systems, int count, int dimension) {
  std::error_code ignored;
  const bool generate = is_generate(systems);
  if (!generate && !std::filesystem::is_directory(systems, ignored))
    throw InputError("--systems: expected a directory of matrices or 'generate poisson ...', found '" + systems + "'");
  std::vector<HeldOut> all = generate ? generated(systems, count, dimension) : from_directory(systems, dimension);
  learned::OwnSystems own;
  const std::size_t held = all.size() > 1 ? (all.size() + 4) / 5 : 0;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (i + held >= all.size())
      own.validation.push_back(std::move(all[i]));
    else
      own.training.push_back(std::move(all[i].op));
  if (held == 0)
    own.validation.push_back({all[0].family, all[0].seed, own.training[0]});
  return own;
}

std::uint32_t digest(const learned::OwnSystems& systems) {
  uLong crc = crc32_z(0, nullptr, 0);
  const auto take = [&](const GridOperator& op) {
    for (const std::vector<float>* values : {&op.face[0], &op.face[1], &op.face[2], &op.excess})
      crc = crc32_z(crc, reinterpret_cast<const Bytef*>(values->data()), values->size() * sizeof(float));
  };
  for (const GridOperator& op : systems.training)
    take(op);
  for (const HeldOut& held : systems.validation)
    take(held.op);
  return static_cast<std::uint32_t>(crc);
}

} // namespace linnet
