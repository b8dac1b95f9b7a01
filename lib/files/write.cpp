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
  const Format as = format_of(file);
  write_file(file, [&](const ByteSink& sink) {
    if (as.matrix_market)
      format_market_matrix(matrix, symmetric, as.compress, sink);
    else
      format_petsc_matrix(matrix, as.compress, sink);
  });
}

void write_vector(const std::string& file, const std::vector<double>& vector) {
  const Format as = format_of(file);
  write_file(file, [&](const ByteSink& sink) {
    if (as.matrix_market)
      format_market_vector(vector, as.compress, sink);
    else
      format_petsc_vector(vector, as.compress, sink);
  });
}

void write_cells(const std::string& file, const std::vector<std::int64_t>& cells) {
  const Format as = format_of(file);
  write_file(file, [&](const ByteSink& sink) {
    if (as.matrix_market)
      format_market_cells(cells, as.compress, sink);
    else
      format_petsc_cells(cells, as.compress, sink);
  });
}

} // namespace linnet
