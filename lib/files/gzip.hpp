#pragma once

#include "files/byte_source.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace linnet {

/// True for bytes that begin as RFC 1952 says.
bool is_gzip(std::string_view head);

/// What a gzip stream of any number of members holds, decompressed piece by piece: memory stays that of zlib's window
/// whatever the ratio. Reading throws InputError (file `name`, byte of the compressed stream) where the stream is
/// corrupt, ends early, or is followed by something else.
std::unique_ptr<ByteSource> gunzip(std::unique_ptr<ByteSource> from, const std::string& name);

/// One gzip member that holds `bytes`, at zlib's level 1.
std::string gzip_member(std::string_view bytes);

} // namespace linnet
