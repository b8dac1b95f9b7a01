#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace linnet::learned {

/// The state of a training as bytes, in the layout of this machine: one function `state(Archive*)` of a class both
/// writes and reads it, so that the two cannot differ. A reader throws std::runtime_error where the bytes end early.
class Archive {
public:
  Archive() = default;
  explicit Archive(std::string bytes) : bytes_(std::move(bytes)), reads_(true) {}

  bool reads() const { return reads_; }
  /// All of a reader's bytes were read.
  bool at_end() const { return at_ == bytes_.size(); }
  const std::string& bytes() const { return bytes_; }

  template <class T>
  requires std::is_trivially_copyable_v<T>
  void operator()(T* value) { raw(reinterpret_cast<char*>(value), sizeof(T)); }
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void operator()(std::vector<T>* values) {
    values->resize(length(values->size(), sizeof(T)));
    raw(reinterpret_cast<char*>(values->data()), values->size() * sizeof(T));
  }
  void operator()(std::string* text) {
    text->resize(length(text->size(), 1));
    raw(text->data(), text->size());
  }
  void operator()(std::vector<std::string>* texts) {
    texts->resize(length(texts->size(), 1));
    for (std::string& text : *texts)
      (*this)(&text);
  }
  /// `one`: archives a value.
  template <class V, class One>
  void map(std::map<std::string, V>* values, One&& one) {
    std::size_t count = length(values->size(), 1);
    if (!reads_) {
      for (auto& [key, value] : *values) {
        std::string name = key;
        (*this)(&name);
        one(&value);
      }
      return;
    }
    for (values->clear(); count > 0; --count) {
      std::string name;
      (*this)(&name);
      one(&(*values)[name]);
    }
  }
  /// How many of something of at least `bytes` bytes each follow.
  std::size_t length(std::size_t count, std::size_t bytes) {
    std::uint64_t n = count;
    (*this)(&n);
    if (reads_ && n > (bytes_.size() - at_) / bytes)
      throw std::runtime_error("the state ends early");
    return static_cast<std::size_t>(n);
  }

  void raw(char* data, std::size_t size) {
    if (!reads_) {
      bytes_.append(data, size);
      return;
    }
    if (size > bytes_.size() - at_)
      throw std::runtime_error("the state ends early");
    bytes_.copy(data, size, at_);
    at_ += size;
  }

private:
  std::string bytes_;
  std::size_t at_ = 0;
  bool reads_ = false;
};

/// Writes a checkpoint beside `file` and renames it: there is the old one or the new one, whole. Throws InputError.
void write_checkpoint(const std::string& file, const std::string& state);
/// The state that was written. Throws InputError for a file that is no checkpoint of this version, or damaged.
std::string read_checkpoint(const std::string& file);

} // namespace linnet::learned
