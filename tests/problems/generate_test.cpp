// linnet generate poisson: from the words of a command line to the files.
#include "support.hpp"

#include "cli/generate.hpp"
#include "files/read.hpp"
#include "files/write.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <filesystem>
#include <memory>

namespace linnet {
namespace {

class Generate : public testing::Test {
protected:
  void SetUp() override {
    folder = std::filesystem::temp_directory_path() /
             ("linnet_generate_" + std::to_string(::testing::UnitTest::GetInstance()->random_seed()) + "_" +
              ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder);
    std::filesystem::create_directory(folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string path(const std::string& name) const { return (folder / name).string(); }

  /// Runs `linnet generate poisson WORDS --out FOLDER/p --json`; returns the object it printed.
  nlohmann::json run(const std::string& words) const {
    CLI::App app;
    GenerateOptions options;
    add_generate_command(app, options);
    app.parse("generate poisson " + words + " --json --out " + path("p"), false);
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> printed(std::tmpfile(), std::fclose);
    EXPECT_EQ(run_generate(options, printed.get()), 0);
    std::rewind(printed.get());
    return nlohmann::json::parse(printed.get());
  }

  void expect_refused(const std::string& words, const std::string& text) const {
    expect_refusal([&] { run(words); }, text);
    EXPECT_TRUE(std::filesystem::is_empty(folder)) << "files left by: " << words;
  }

  std::filesystem::path folder;
};

void expect_same(const SparseMatrix& a, const SparseMatrix& b) {
  EXPECT_EQ(a.row_start, b.row_start);
  EXPECT_EQ(a.column, b.column);
  EXPECT_EQ(a.value, b.value);
}

TEST_F(Generate, WritesTheSystemInEveryFormat) {
  const VoxelDomain domain = make_domain({.family = Family::dam, .grid = {14, 12, 9}, .seed = 3});
  AssemblySpec spec;
  spec.seed = 3;
  const PressureSystem expected = assemble(domain, spec);
  for (const std::string format : {"mtx", "mtx.gz", "petsc"}) {
    const nlohmann::json facts = run("--grid 14,12,9 --domain dam --seed 3 --format " + format);
    EXPECT_EQ(facts["matrix"], path("p." + format));
    expect_same(read_matrix(path("p." + format)), expected.matrix);
    EXPECT_EQ(read_vector(path("p.rhs." + format)), expected.rhs);
    EXPECT_EQ(read_cells(path("p.cells.mtx")), expected.cells);
  }
}

TEST_F(Generate, ReportsWhatItMade) {
  const nlohmann::json facts = run("--grid 6,5 --domain box");
  EXPECT_EQ(facts["grid"], (nlohmann::json{6, 5, 1}));
  EXPECT_EQ(facts["domain"], "box");
  EXPECT_EQ(facts["unknowns"], 30);
  EXPECT_EQ(facts["n"], 30);
  EXPECT_EQ(facts["nnz"], 30 + 2 * (5 * 5 + 6 * 4));
  EXPECT_EQ(facts["fluid_fraction"], 1);
  EXPECT_EQ(facts["components"], 1);
  EXPECT_EQ(facts["isolated_components"], 0);
  EXPECT_EQ(facts["dropped_cells"], 0);
}

TEST_F(Generate, TakesEveryOption) {
  const nlohmann::json facts = run("--grid 9,8,7 --domain blobs --feature 4 --seed 11 --walls left,right,front,back "
                                   "--periodic y --isolated keep --numbering full --rhs divergence --spacing 1,0.5,2 "
                                   "--jump 50");
  Sides sides = closed;
  sides[bottom] = sides[top] = Beyond::periodic;
  AssemblySpec spec;
  spec.spacing = {1, 0.5, 2};
  spec.jump = 50;
  spec.isolated = Isolated::keep;
  spec.numbering = Numbering::full;
  spec.right_hand_side = RightHandSide::divergence;
  spec.seed = 11;
  const PressureSystem expected = assemble(
      make_domain({.family = Family::blobs, .grid = {9, 8, 7}, .sides = sides, .seed = 11, .feature = 4}), spec);
  expect_same(read_matrix(path("p.mtx")), expected.matrix);
  EXPECT_EQ(read_vector(path("p.rhs.mtx")), expected.rhs);
  EXPECT_EQ(facts["isolated_components"], facts["components"]);
  EXPECT_EQ(facts["n"], 9 * 8 * 7);

  run("--grid 4,4 --open all --shift 2.5 --spacing 2");
  EXPECT_EQ(read_matrix(path("p.mtx")).value[0], 3.5); // 4 / 2^2 + 2.5
}

TEST_F(Generate, ReadsVoxelsFromAFile) {
  write_cells(path("voxels.mtx"), {0, 1, 0, 0, 2, 0});
  const nlohmann::json facts = run("--grid 3,2 --domain file --voxels " + path("voxels.mtx") + " --walls top");
  EXPECT_EQ(read_cells(path("p.cells.mtx")), (std::vector<std::int64_t>{0, 2, 3, 5}));
  EXPECT_EQ(facts["dropped_cells"], 0);
  EXPECT_EQ(facts["components"], 2);
}

TEST_F(Generate, RefusesBadVoxelFiles) {
  const std::string voxels = path("../linnet_generate_voxels.mtx");
  const auto with = [&](const std::vector<std::int64_t>& cells) {
    write_cells(voxels, cells);
    return "--grid 3,1 --domain file --voxels " + voxels;
  };
  expect_refused(with({0, 1}), "linnet_generate_voxels.mtx: voxels: expected 3 values for the grid, found 2");
  expect_refused(with({0, 1, 7}), "value 3: expected 0 (fluid), 1 (solid) or 2 (air), found 7");
  expect_refused(with({1, 1, 2}), "expected a fluid cell, found none");
  std::filesystem::remove(voxels);
  expect_refused("--grid 3,1 --domain file", "--domain file: expected --voxels FILE beside it");
  expect_refused("--grid 3,1 --domain box --voxels x.mtx", "--voxels: expected --domain file beside it");
}

TEST_F(Generate, RefusesGridsInOneLine) {
  expect_refused("--grid 8", "--grid: expected NX,NY or NX,NY,NZ");
  expect_refused("--grid 8,8,8,8", "--grid: expected NX,NY or NX,NY,NZ");
  expect_refused("--grid 8,", "--grid: expected NX,NY or NX,NY,NZ, integers of at least 1, found ''");
  expect_refused("--grid 8,8.5", "found '8.5'");
  expect_refused("--grid 8,0", "expected at least 1 cell along each axis, found 8 x 0 x 1");
  expect_refused("--grid 8,-8", "found 8 x -8 x 1");
  expect_refused("--grid 99999999999999999999,2", "found '99999999999999999999'");
  expect_refused("--grid 4294967296,4294967296,4294967296", "expected at most 2147483647 cells");
}

TEST_F(Generate, RefusesOtherBadOptionsInOneLine) {
  expect_refused("--grid 4,4 --domain cube", "--domain: expected one of box, sphere,");
  expect_refused("--grid 4,4 --seed x", "--seed: expected an integer in [0, 2^64), found 'x'");
  expect_refused("--grid 4,4 --seed 18446744073709551616", "--seed: expected an integer in [0, 2^64)");
  expect_refused("--grid 4,4 --open front", "side: expected one of left, right, bottom, top, found 'front'");
  expect_refused("--grid 4,4 --open left --walls left", "side left is named both a wall and open");
  expect_refused("--grid 4,4 --walls all", "connected to air or to an open side");
  expect_refused("--grid 4,4 --spacing 1,1,1", "--spacing: expected 1 number or 2");
  expect_refused("--grid 4,4 --spacing 1,nan", "spacing: expected a positive number, found nan");
  expect_refused("--grid 4,4 --shift 1e999", "--shift: expected a non-negative number, found '1e999'");
  expect_refused("--grid 4,4 --jump 0", "jump: expected a positive number, found 0");
  expect_refused("--grid 4,4 --isolated no", "isolated: expected one of drop, keep, found 'no'");
  expect_refused("--grid 4,4 --numbering no", "numbering: expected one of compact, full, found 'no'");
  expect_refused("--grid 4,4 --rhs no", "rhs: expected one of random, smooth, point, divergence, found 'no'");
  expect_refused("--grid 4,4 --format csv", "--format: expected one of mtx, mtx.gz, petsc, found 'csv'");
}

TEST_F(Generate, RefusesAnOutputThatCannotBeWritten) {
  GenerateOptions options;
  options.grid = "4,4";
  options.out = path("none/p");
  expect_refusal([&] { run_generate(options); }, "--out: expected an existing directory, found '" + path("none") + "'");
  options.out = path("");
  expect_refusal([&] { run_generate(options); }, "--out: expected a path that ends in a name");
}

TEST_F(Generate, NeedsAProblemAGridAndAName) {
  for (const char* words : {"generate", "generate poisson", "generate poisson --grid 4,4", "generate heat"}) {
    CLI::App app;
    GenerateOptions options;
    add_generate_command(app, options);
    EXPECT_THROW(app.parse(words, false), CLI::ParseError) << words;
  }
}

} // namespace
} // namespace linnet
