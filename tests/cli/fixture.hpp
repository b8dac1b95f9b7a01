#pragma once

#include "cli/process.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>
#include <vector>

/// Runs build/linnet on files in a folder of the test's own.
class CommandLineTest : public testing::Test {
protected:
  CommandLineTest();
  ~CommandLineTest() override;

  /// linnet ARGUMENTS...
  static Finished linnet(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {});
  /// The same under mpiexec -n RANKS.
  static Finished linnet_on(int ranks, const std::vector<std::string>& arguments);
  /// The JSON object of a run that must end with `status`.
  static nlohmann::json json_of(const Finished& run, int status);

  /// A file of that name and content in the test's folder; its path.
  std::string file(const std::string& name, const std::string& content) const;
  std::string path(const std::string& name) const { return (folder / name).string(); }
  /// One of the real matrices beside the tests.
  static std::string real(const std::string& name) { return std::string(LINNET_TEST_MATRICES) + "/" + name; }

  // Matrices as Matrix Market text.
  using Dense = std::vector<std::vector<double>>;
  static std::string market(const Dense& matrix, const std::string& symmetry = "general");
  static std::string market(const std::vector<double>& vector);
  static std::vector<double> read_vector(const std::string& file); ///< a Matrix Market array, n x 1
  static Dense laplacian(int n);                                   ///< tridiagonal -1 2 -1
  static Dense neumann(int n);                                     ///< the same with rows that sum to zero
  static std::vector<double> product(const Dense& matrix, const std::vector<double>& x);

private:
  std::filesystem::path folder;
};

/// How often `part` occurs in `text`.
int occurrences(const std::string& text, const std::string& part);
