#pragma once

#include "base/error.hpp"
#include "files/content.hpp"
#include "files/gzip.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace linnet::test {

inline ReadOptions with_threads(int threads) {
  ReadOptions options;
  options.threads = threads;
  return options;
}

inline SparseMatrix matrix_of(std::string_view bytes, const ReadOptions& options = {}) {
  return read_matrix(std::make_unique<MemorySource>(bytes), "A.mtx", options);
}
inline std::vector<double> vector_of(std::string_view bytes, const ReadOptions& options = {}) {
  return read_vector(std::make_unique<MemorySource>(bytes), "A.mtx", options);
}
inline std::vector<std::int64_t> cells_of(std::string_view bytes, const ReadOptions& options = {}) {
  return read_cells(std::make_unique<MemorySource>(bytes), "A.mtx", options);
}

/// The text of the InputError that `read` ends in; "accepted" if in none.
template <class Read>
std::string refusal(Read read) {
  try {
    read();
    return "accepted";
  } catch (const InputError& error) {
    return error.what();
  }
}
inline std::string matrix_refusal(std::string_view bytes, const ReadOptions& options = {}) {
  return refusal([&] { matrix_of(bytes, options); });
}
inline std::string vector_refusal(std::string_view bytes, const ReadOptions& options = {}) {
  return refusal([&] { vector_of(bytes, options); });
}
inline std::string cells_refusal(std::string_view bytes, const ReadOptions& options = {}) {
  return refusal([&] { cells_of(bytes, options); });
}

/// All values, row by row, 0 where there is no entry.
inline std::vector<double> dense(const SparseMatrix& matrix) {
  std::vector<double> all(static_cast<std::size_t>(matrix.rows * matrix.cols));
  for (std::int64_t i = 0; i < matrix.rows; ++i)
    for (std::int64_t k = matrix.row_start[i]; k < matrix.row_start[i + 1]; ++k)
      all[static_cast<std::size_t>(i * matrix.cols + matrix.column[k])] = matrix.value[k];
  return all;
}

inline std::vector<std::uint64_t> bits(const std::vector<double>& values) {
  std::vector<std::uint64_t> all;
  for (const double value : values)
    all.push_back(std::bit_cast<std::uint64_t>(value));
  return all;
}

inline void expect_same(const SparseMatrix& a, const SparseMatrix& b) {
  EXPECT_EQ(a.rows, b.rows);
  EXPECT_EQ(a.cols, b.cols);
  EXPECT_EQ(a.row_start, b.row_start);
  EXPECT_EQ(a.column, b.column);
  EXPECT_EQ(bits(a.value), bits(b.value));
}

/// A folder that is gone, with all in it, at the end of the test.
class Folder {
public:
  Folder() {
    static int folders = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("linnet-test-" + std::to_string(getpid()) + "-" + std::to_string(folders++));
    std::filesystem::create_directories(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string file(const std::string& name, std::string_view bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    return file(name);
  }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      all.push_back(entry.path().filename().string());
    return all;
  }

private:
  std::filesystem::path path_;
};

inline std::string bytes_of_file(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

} // namespace linnet::test
