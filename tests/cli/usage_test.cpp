#include "cli/fixture.hpp"

#include <filesystem>

using Usage = CommandLineTest;

namespace {

// Status 2 and one line of linnet's that says `part`.
void expect_refusal(const Finished& run, const std::string& part) {
  EXPECT_EQ(run.status, 2) << run.err;
  EXPECT_EQ(run.out, "");
  EXPECT_EQ(occurrences(run.err, "\n"), 1) << run.err;
  EXPECT_TRUE(run.err.starts_with("linnet: ")) << run.err;
  EXPECT_NE(run.err.find(part), std::string::npos) << part << " in\n" << run.err;
}

} // namespace

TEST_F(Usage, RefusesWhatItDoesNotKnow) {
  const std::string A = real("LFAT5.mtx.gz");
  expect_refusal(linnet({}), "subcommand is required");
  expect_refusal(linnet({"frobnicate", A}), "expected a command, found 'frobnicate'");
  expect_refusal(linnet({"solve", A, "--jsn"}), "--jsn");
  expect_refusal(linnet({"solve"}), "MATRIX");
  expect_refusal(linnet({"solve", A, "another"}), "another");
  expect_refusal(linnet({"compare", A}), "--solvers");
  for (const char* seconds : {"-1", "nan", "soon"})
    expect_refusal(linnet({"compare", A, "--solvers", "cg+icc", "--again", seconds}), "--again");
}

TEST_F(Usage, SaysThatAPetscOptionTookTheMatrix) {
  expect_refusal(linnet({"solve", "-ksp_monitor", real("LFAT5.mtx.gz")}), "was taken as the value of the PETSc option");
}

TEST_F(Usage, RefusesPetscOptionsWithValuesThatAreNone) {
  const std::string A = real("LFAT5.mtx.gz");
  expect_refusal(linnet({"solve", A, "-ksp_type", "nonesuch"}), "KSP type nonesuch");
  expect_refusal(linnet({"solve", A, "-pc_type", "nonesuch"}), "PC type nonesuch");
  const Finished run = linnet({"solve", A, "-ksp_max_it", "many"}); // the solver is chosen, then the option read
  EXPECT_EQ(run.status, 2);
  EXPECT_NE(run.err.find("many"), std::string::npos) << run.err;
  EXPECT_EQ(run.err.find("starting anew"), std::string::npos) << run.err;
}

TEST_F(Usage, RefusesFilesWithTheirPlace) {
  expect_refusal(linnet({"solve", path("none.mtx")}), "none.mtx");
  expect_refusal(linnet({"solve", path("two\nlines, \x1b[31mred.mtx")}), "two lines,  [31mred.mtx");
  const std::string outside = file("outside.mtx", "%%MatrixMarket matrix coordinate real general\n2 2 1\n3 1 1.0\n");
  expect_refusal(linnet({"solve", outside}), "outside.mtx:3: ");
  expect_refusal(linnet({"compare", outside, "--solvers", "cg+icc"}), "outside.mtx:3: ");
  expect_refusal(linnet({"info", outside}), "outside.mtx:3: ");
  expect_refusal(linnet({"solve", file("wide.mtx", market(Dense{{1, 2, 3}, {4, 5, 6}}))}),
                 "expected a square matrix, found 2 x 3");
}

TEST_F(Usage, RefusesRightHandSidesThatDoNotFit) {
  const std::string A = file("A.mtx", market(laplacian(3)));
  expect_refusal(linnet({"solve", A, "--rhs", file("b.mtx", market(std::vector<double>{1, 2}))}),
                 "b.mtx: expected a vector of 3 entries");
  expect_refusal(linnet({"solve", A, "--rhs", path("none.mtx")}), "none.mtx");
  for (const std::string seed : {"random:", "random:x", "random:-1", "random:1.5", "random:99999999999999999999"})
    expect_refusal(linnet({"solve", A, "--rhs", seed}), "--rhs " + seed);
}

TEST_F(Usage, RefusesGridsAndCellsThatDoNotFit) {
  const std::string A = file("A.mtx", market(laplacian(3)));
  const std::string cells = file("cells.mtx", "%%MatrixMarket matrix array integer general\n2 1\n0\n1\n");
  expect_refusal(linnet({"solve", A, "--grid", "2,2"}), "--cells");
  expect_refusal(linnet({"solve", A, "--cells", cells}), "--grid");
  expect_refusal(linnet({"solve", A, "--cells", cells, "--grid", "2,2"}), "expected one cell for each of the 3 rows");
  for (const std::string grid : {"2", "2,", "2,x", "0,2", "-1,2", "2,2,2,2", "2,2,", "65536,65536", ",2"})
    expect_refusal(linnet({"solve", A, "--cells", cells, "--grid", grid}), "--grid");
}

TEST_F(Usage, RefusesTolerancesThatAreNone) {
  for (const char* rtol : {"nan", "-1", "1", "inf"})
    expect_refusal(linnet({"solve", real("LFAT5.mtx.gz"), "-ksp_type", "cg", "-pc_type", "jacobi", "-ksp_rtol", rtol}),
                   std::string("-ksp_rtol: expected a number from 0 to less than 1, found ") + rtol);
  expect_refusal(linnet({"solve", real("LFAT5.mtx.gz"), "-ksp_type", "cg", "-pc_type", "jacobi", "-ksp_max_it", "-5"}),
                 "-ksp_max_it: expected 0 or a positive number, found -5");
}

TEST_F(Usage, RefusesNumbersThatAreNone) {
  const std::string out = path("x.safetensors"), A = real("LFAT5.mtx.gz");
  expect_refusal(linnet({"prune", "hybrid2d", "--channels", "nan", "--out", out}),
                 "--channels: expected a number from 0.001 to 0.999, found 'nan'");
  expect_refusal(linnet({"prune", "hybrid2d", "--weights", "0.5", "--damping", "nan", "--out", out}),
                 "--damping: expected a number from 1e-12 to 1e+12, found 'nan'");
  expect_refusal(linnet({"train", "--damping", "nan", "--out", path("none/x")}),
                 "--damping: expected a number from 1e-12 to 1e+06, found 'nan'");
  expect_refusal(linnet({"solve", A, "--least-squares", "--damping", ""}), "--damping: expected a value, found none");
  expect_refusal(linnet({"train", "--seed", "", "--out", out}), "--seed: expected a value, found none");
}

TEST_F(Usage, RefusesAPlaceThatCannotBeWrittenBeforeItSolves) {
  expect_refusal(linnet({"solve", real("LFAT5.mtx.gz"), "--solution", path("none/x.mtx")}), "cannot write in");
  expect_refusal(
      linnet({"solve", real("LFAT5.mtx.gz"), "--solution", std::filesystem::path(path("x")).parent_path().string()}),
      "found a folder's");
}

TEST_F(Usage, RefusesSolverListsThatAreNone) {
  for (const std::string list : {"", ";;", "cg", "cg+", "+icc", "cg+icc[", "cg+icc[-a]x", "cg+icc[[-a]]",
                                 "cg+icc[junk]", "cg+icc;;cg+sor", "cg icc"})
    expect_refusal(linnet({"compare", real("LFAT5.mtx.gz"), "--solvers", list}), "");
}

TEST_F(Usage, HelpsAndTellsItsVersion) {
  for (const std::string flag : {"--help", "-h"}) {
    const Finished help = linnet({flag});
    EXPECT_EQ(help.status, 0);
    for (const char* command : {"solve", "compare", "info", "Examples:"})
      EXPECT_NE(help.out.find(command), std::string::npos) << command;
  }
  for (const std::string command : {"solve", "compare", "info"}) {
    const Finished help = linnet({command, "--help"});
    EXPECT_EQ(help.status, 0);
    EXPECT_NE(help.out.find("Usage: linnet " + command + " "), std::string::npos) << help.out;
    EXPECT_NE(help.out.find("Examples:"), std::string::npos);
  }
  EXPECT_TRUE(linnet({"--version"}).out.starts_with("linnet "));
}
