#include "files/read.hpp"

#include "base/error.hpp"
#include "files/content.hpp"
#include "files/gzip.hpp"
#include "files/matrix_market.hpp"
#include "files/petsc_binary.hpp"
#include "files/quote.hpp"

#include <algorithm>
#include <string_view>

namespace linnet {

namespace {

enum class Content { matrix_market, petsc_binary };

// A source behind its decompression, and what its first bytes say it is.
struct Opened {
  std::unique_ptr<ByteSource> source;
  Content content;
};

Opened open_content(std::unique_ptr<ByteSource> source, const std::string& name) {
  constexpr std::size_t head_bytes = 64;
  auto bytes = std::make_unique<PeekSource>(std::move(source));
  if (is_gzip(bytes->peek(head_bytes)))
    bytes = std::make_unique<PeekSource>(gunzip(std::move(bytes), name));
  const std::string_view head = bytes->peek(head_bytes);
  std::size_t integer_bytes = 0;
  if (petsc_class(head, integer_bytes) != PetscClass::none)
    return {std::move(bytes), Content::petsc_binary};
  // A Matrix Market text begins with '%', blanks before it allowed; whether the banner is right its reader says.
  const std::size_t first = head.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && head[first] == '%')
    return {std::move(bytes), Content::matrix_market};
  const bool binary = std::any_of(head.begin(), head.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && c != '\n' && c != '\t' && c != '\r';
  });
  throw InputError(name, binary ? "byte 0" : "1",
                   "expected a Matrix Market file (\"%%MatrixMarket ...\") or a PETSc binary file, gzip-compressed or "
                   "not, found " +
                       (head.empty() ? "an empty file" : quoted(head)));
}

} // namespace

SparseMatrix read_matrix(std::unique_ptr<ByteSource> source, const std::string& name, const ReadOptions& options) {
  const Opened file = open_content(std::move(source), name);
  return file.content == Content::petsc_binary ? read_petsc_matrix(*file.source, name, options.progress)
                                               : read_market_matrix(*file.source, name, options);
}

std::vector<double> read_vector(std::unique_ptr<ByteSource> source, const std::string& name,
                                const ReadOptions& options) {
  const Opened file = open_content(std::move(source), name);
  return file.content == Content::petsc_binary ? read_petsc_vector(*file.source, name, options.progress)
                                               : read_market_vector(*file.source, name, options);
}

std::vector<std::int64_t> read_cells(std::unique_ptr<ByteSource> source, const std::string& name,
                                     const ReadOptions& options) {
  const Opened file = open_content(std::move(source), name);
  return file.content == Content::petsc_binary ? read_petsc_cells(*file.source, name, options.progress)
                                               : read_market_cells(*file.source, name, options);
}

SparseMatrix read_matrix(const std::string& file, const ReadOptions& options) {
  return read_matrix(open_file(file), file, options);
}

std::vector<double> read_vector(const std::string& file, const ReadOptions& options) {
  return read_vector(open_file(file), file, options);
}

std::vector<std::int64_t> read_cells(const std::string& file, const ReadOptions& options) {
  return read_cells(open_file(file), file, options);
}

} // namespace linnet
