#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace linnet {

/// An input that is not what its format or its use asks for. what() is one line: "FILE:PLACE: expected X, found Y".
/// Thrown by everything below the PETSc boundary; the command line turns it into exit status 2.
class InputError : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
  /// place: a line of a text file ("12") or a byte of a binary one ("byte 24"); empty where the whole file is meant.
  InputError(const std::string& file, const std::string& place, const std::string& message)
      : std::runtime_error(file + (place.empty() ? ": " : ":" + place + ": ") + message) {}
};

} // namespace linnet
