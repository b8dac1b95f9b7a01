#include "cli/fixture.hpp"

#include <fstream>
#include <sstream>

#include <unistd.h>

CommandLineTest::CommandLineTest() {
  std::string name = (std::filesystem::temp_directory_path() / "linnet_cli_XXXXXX").string();
  folder = mkdtemp(name.data());
}

CommandLineTest::~CommandLineTest() {
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

Finished CommandLineTest::linnet(const std::vector<std::string>& arguments,
                                 const std::vector<std::string>& environment) {
  std::vector<std::string> words = {LINNET_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return run_program(words, environment);
}

Finished CommandLineTest::linnet_on(int ranks, const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  std::istringstream parts(LINNET_MPIEXEC);
  for (std::string word; parts >> word;)
    words.push_back(word);
  words.insert(words.end(), {"-n", std::to_string(ranks), LINNET_PROGRAM});
  words.insert(words.end(), arguments.begin(), arguments.end());
  return run_program(words);
}

nlohmann::json CommandLineTest::json_of(const Finished& run, int status) {
  EXPECT_EQ(run.status, status) << run.err;
  nlohmann::json object = nlohmann::json::parse(run.out, nullptr, false);
  EXPECT_TRUE(object.is_object()) << "standard output is not one JSON object:\n" << run.out;
  return object;
}

std::string CommandLineTest::file(const std::string& name, const std::string& content) const {
  std::ofstream(folder / name, std::ios::binary) << content;
  return path(name);
}

std::string CommandLineTest::market(const Dense& matrix, const std::string& symmetry) {
  std::ostringstream entries;
  entries.precision(17);
  int count = 0;
  for (size_t i = 0; i < matrix.size(); ++i)
    for (size_t j = 0; j < matrix[i].size(); ++j)
      if (matrix[i][j] != 0 && (symmetry == "general" || j <= i)) {
        entries << i + 1 << ' ' << j + 1 << ' ' << matrix[i][j] << '\n';
        ++count;
      }
  std::ostringstream text;
  text << "%%MatrixMarket matrix coordinate real " << symmetry << '\n'
       << matrix.size() << ' ' << matrix.front().size() << ' ' << count << '\n'
       << entries.str();
  return text.str();
}

std::string CommandLineTest::market(const std::vector<double>& vector) {
  std::ostringstream text;
  text.precision(17);
  text << "%%MatrixMarket matrix array real general\n" << vector.size() << " 1\n";
  for (const double value : vector)
    text << value << '\n';
  return text.str();
}

std::vector<double> CommandLineTest::read_vector(const std::string& file) {
  std::ifstream text(file);
  std::string line;
  while (std::getline(text, line) && line.starts_with('%'))
    ;
  std::vector<double> vector;
  for (double value = 0; text >> value;)
    vector.push_back(value);
  return vector;
}

CommandLineTest::Dense CommandLineTest::laplacian(int n) {
  Dense matrix(n, std::vector<double>(n, 0));
  for (int i = 0; i < n; ++i) {
    matrix[i][i] = 2;
    if (i > 0)
      matrix[i][i - 1] = matrix[i - 1][i] = -1;
  }
  return matrix;
}

CommandLineTest::Dense CommandLineTest::neumann(int n) {
  Dense matrix = laplacian(n);
  matrix.front().front() = matrix.back().back() = 1;
  return matrix;
}

std::vector<double> CommandLineTest::product(const Dense& matrix, const std::vector<double>& x) {
  std::vector<double> y(matrix.size(), 0);
  for (size_t i = 0; i < matrix.size(); ++i)
    for (size_t j = 0; j < x.size(); ++j)
      y[i] += matrix[i][j] * x[j];
  return y;
}

int occurrences(const std::string& text, const std::string& part) {
  int count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size()))
    ++count;
  return count;
}
