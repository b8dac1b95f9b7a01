#include "files/write.hpp"

#include "files/format.hpp"
#include "files/output_file.hpp"

#include <functional>

namespace linnet {

namespace {

struct Format {
  bool matrix_market;
  bool compress;
};

Format format_of(const std::string& file) {
  const bool compress = file.ends_with(".gz");
  return {file.ends_with(".mtx") || file.ends_with(".mtx.gz"), compress};
}

void write_file(const std::string& file, const std::function<void(const ByteSink&)>& format) {
  OutputFile output(file);
  try {
    format([&](std::string_view bytes) { output.write(bytes); });
  } catch (const UnwritableError& error) {
    throw std::runtime_error(file + ": cannot write: " + error.what());
  }
  output.finish();
}

} // namespace

void write_matrix(const std::string& file, const SparseMatrix& matrix, bool symmetric) {
  const auto [matrix_market, compress] = format_of(file);
  write_file(file, [&](const ByteSink& sink) {
    if (matrix_market)
      format_market_matrix(matrix, symmetric, compress, sink);
    else
      format_petsc_matrix(matrix, compress, sink);
  });
}

void write_vector(const std::string& file, const std::vector<double>& vector) {
  const auto [matrix_market, compress] = format_of(file);
  write_file(file, [&](const ByteSink& sink) {
    if (matrix_market)
      format_market_vector(vector, compress, sink);
    else
      format_petsc_vector(vector, compress, sink);
  });
}

void write_cells(const std::string& file, const std::vector<std::int64_t>& cells) {
  const auto [matrix_market, compress] = format_of(file);
  write_file(file, [&](const ByteSink& sink) {
    if (matrix_market)
      format_market_cells(cells, compress, sink);
    else
      format_petsc_cells(cells, compress, sink);
  });
}

} // namespace linnet
