#pragma once

#include "learned/tensor.hpp"

#include <string>
#include <string_view>

namespace linnet::learned {

/// What a safetensors file holds: 8 bytes of length, a JSON header, raw little-endian numbers. The entry
/// "linnet.checksum" of __metadata__ is the writer's and the reader's own: it does not appear in `metadata`.
struct SafetensorsFile {
  Metadata metadata;
  Tensors tensors;
};

/// Strict: a header of at most 1 MiB without a key given twice; tensors of type F32, of rank 1 to 5, that cover the
/// data without overlap; finite numbers; a checksum (CRC-32 of the whole file, its own eight digits taken as 0) that is
/// right, so that no file with one byte changed is read. Throws InputError that names `file` for anything else.
SafetensorsFile parse_safetensors(std::string_view bytes, const std::string& file);

/// The same of a file, of at most 1 GiB.
SafetensorsFile read_safetensors(const std::string& file);

/// The bytes of a file. Throws InputError for tensors that parse_safetensors() would refuse.
std::string format_safetensors(const SafetensorsFile& contents);

/// Throws InputError where the file cannot be written.
void write_safetensors(const SafetensorsFile& contents, const std::string& file);

} // namespace linnet::learned
