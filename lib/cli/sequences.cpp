#include "cli/sequences.hpp"

#include "base/error.hpp"
#include "cli/ranks.hpp"
#include "cli/right_hand_side.hpp"
#include "cli/system.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

namespace linnet {

namespace {

constexpr const char* expected_names = "heat, laplacian-shift, or a directory of matrix files";

std::string stem_of(const std::string& file) {
  for (const std::string end : {".mtx.gz", ".mtx", ".petsc"})
    if (file.ends_with(end))
      return file.substr(0, file.size() - end.size());
  return "";
}

// The matrices of a directory in the order of their names, each with its right-hand side beside it or a random one.
class Files : public Sequence {
public:
  Files(MPI_Comm comm, const SequenceOptions& options) : comm_(comm), seed_(options.seed) {
    std::string list; // what rank 0 sees counts
    on_rank_0(comm, [&] {
      std::vector<std::string> files;
      std::error_code error;
      for (const auto& entry : std::filesystem::directory_iterator(options.problem, error)) {
        const std::string stem = stem_of(entry.path().string());
        std::error_code unknown; // as of a link that leads nowhere
        if (entry.is_regular_file(unknown) && !stem.empty() && !stem.ends_with(".rhs") && !stem.ends_with(".cells"))
          files.push_back(entry.path().string());
      }
      if (error || files.empty())
        throw InputError(options.problem + ": expected " + expected_names +
                         (error ? ": " + error.message() : ", found none"));
      std::ranges::sort(files);
      for (const std::string& file : files)
        list += file + '\n';
    });
    int size = static_cast<int>(list.size());
    MPI_Bcast(&size, 1, MPI_INT, 0, comm);
    list.resize(static_cast<std::size_t>(size));
    MPI_Bcast(list.data(), size, MPI_CHAR, 0, comm);
    for (std::size_t begin = 0, end; (end = list.find('\n', begin)) != std::string::npos; begin = end + 1)
      files_.push_back(list.substr(begin, end - begin));
    steps = options.steps > 0 ? options.steps : static_cast<std::int64_t>(files_.size());
    name = options.problem;
    detail = std::to_string(files_.size()) + " files";
  }

  void make(std::int64_t t) override {
    SystemOptions which;
    which.matrix = files_[static_cast<std::size_t>(t) % files_.size()];
    which.rhs = "random:" + std::to_string(seed_ + static_cast<std::uint64_t>(t));
    int beside = -1;
    on_rank_0(comm_, [&] {
      const std::string stem = stem_of(which.matrix);
      for (int k = 0; k < 3; ++k)
        if (std::error_code ignored; std::filesystem::is_regular_file(stem + ".rhs" + ends[k], ignored))
          beside = k;
    });
    MPI_Bcast(&beside, 1, MPI_INT, 0, comm_);
    if (beside >= 0)
      which.rhs = stem_of(which.matrix) + ".rhs" + ends[beside];
    auto system = std::make_unique<System>();
    read_system(comm_, which, *system);
    if (!system->properties.symmetric && !warned_)
      ksp = "gmres";
    warned_ = true;
    rows = system->properties.n;
    solution_ = VecHandle();
    check(VecDuplicate(system->b, solution_.out()));
    check(VecSet(solution_, 0));
    before_ = std::move(system_); // the KSP still holds it
    system_ = std::move(system);
  }
  Mat A() const override { return system_->A; }
  Vec b() const override { return system_->b; }

private:
  static constexpr const char* ends[] = {".mtx", ".mtx.gz", ".petsc"};
  MPI_Comm comm_;
  std::uint64_t seed_;
  std::vector<std::string> files_;
  std::unique_ptr<System> system_, before_;
  bool warned_ = false;
};

} // namespace

MatHandle five_point_laplacian(MPI_Comm comm, PetscInt m) {
  MatHandle A;
  PetscInt first = 0, last = 0;
  check(MatCreateAIJ(comm, PETSC_DECIDE, PETSC_DECIDE, m * m, m * m, 5, nullptr, 4, nullptr, A.out()));
  check(MatGetOwnershipRange(A, &first, &last));
  for (PetscInt r = first; r < last; ++r) {
    const PetscInt i = r % m, j = r / m;
    PetscInt columns[5], count = 0;
    PetscScalar values[5];
    const auto add = [&](bool inside, PetscInt column, PetscScalar value) {
      if (inside) {
        columns[count] = column;
        values[count++] = value;
      }
    };
    add(j > 0, r - m, -1);
    add(i > 0, r - 1, -1);
    add(true, r, 4);
    add(i + 1 < m, r + 1, -1);
    add(j + 1 < m, r + m, -1);
    check(MatSetValues(A, 1, &r, count, columns, values, INSERT_VALUES));
  }
  check(MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY));
  check(MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY));
  check(MatSetOption(A, MAT_SYMMETRIC, PETSC_TRUE));
  check(MatSetOption(A, MAT_SYMMETRY_ETERNAL, PETSC_TRUE));
  return A;
}

std::unique_ptr<Sequence> make_sequence(MPI_Comm comm, const SequenceOptions& options) {
  if (options.steps < 0 || options.hindsight < 0)
    throw InputError("--steps, --hindsight: expected numbers that are not negative");
  if (options.variance != "low" && options.variance != "high")
    throw InputError("--variance: expected low or high, found '" + options.variance + "'");
  if (options.problem == "laplacian-shift")
    return make_laplacian_shift(comm, options);
  if (options.problem == "heat")
    return make_heat(comm, options);
  return std::make_unique<Files>(comm, options);
}

} // namespace linnet
