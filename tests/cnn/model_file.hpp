// Models in files.
#pragma once

#include "learned/model.hpp"

#include <petscsys.h>

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>

namespace linnet::test {

/// A temporary file, written by each rank for itself.
class ModelFile {
public:
  explicit ModelFile(const learned::Model& model) {
    PetscMPIInt rank = 0;
    MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
    name_ = std::filesystem::temp_directory_path() /
            ("linnet-model-" + std::to_string(getpid()) + "-" + std::to_string(rank) + ".safetensors");
    learned::write_model(model, name_);
  }
  ~ModelFile() { std::remove(name_.c_str()); }
  ModelFile(const ModelFile&) = delete;
  ModelFile& operator=(const ModelFile&) = delete;
  const char* name() const { return name_.c_str(); }

private:
  std::string name_;
};

} // namespace linnet::test
