#pragma once

#include "files/byte_source.hpp"
#include "files/read.hpp"

#include <memory>
#include <string>
#include <vector>

namespace linnet {

// The readers of read.hpp on bytes from anywhere; `name` stands for the file in errors.
SparseMatrix read_matrix(std::unique_ptr<ByteSource> source, const std::string& name, const ReadOptions& options);
std::vector<double> read_vector(std::unique_ptr<ByteSource> source, const std::string& name,
                                const ReadOptions& options);
std::vector<std::int64_t> read_cells(std::unique_ptr<ByteSource> source, const std::string& name,
                                     const ReadOptions& options);

} // namespace linnet
